import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamCheck, type AwaitedStream } from '../../src/zfs/stream-check.js';

/*
 * Records as `zfs send` writes them (`dmu_replay_record_t` in `zfs_ioctl.h`).
 */

interface Begin {
  readonly toGuid?: bigint;
  readonly fromGuid?: bigint;
  readonly name?: string;
  readonly type?: number;
  readonly flags?: number;
  readonly headerType?: bigint;
  readonly payload?: number;
  readonly isBig?: boolean;
}

function record(type: number, payload: number, isBig: boolean, fill?: (head: Writer) => void): Buffer {
  const buffer = Buffer.alloc(312 + payload, 0);
  const writer = new Writer(buffer, isBig);
  writer.word(0, type);
  fill?.(writer);
  return buffer;
}

class Writer {
  readonly buffer: Buffer;
  readonly #isBig: boolean;

  constructor(buffer: Buffer, isBig: boolean) {
    this.buffer = buffer;
    this.#isBig = isBig;
  }

  word(offset: number, value: number): void {
    if (this.#isBig) this.buffer.writeUInt32BE(value, offset);
    else this.buffer.writeUInt32LE(value, offset);
  }

  long(offset: number, value: bigint): void {
    if (this.#isBig) this.buffer.writeBigUInt64BE(value, offset);
    else this.buffer.writeBigUInt64LE(value, offset);
  }
}

function begin({
  toGuid = 1n,
  fromGuid = 0n,
  name = 'tank/a@1',
  type = 2,
  flags = 0,
  headerType = 1n,
  payload = 0,
  isBig = false,
}: Begin = {}): Buffer {
  return record(0, payload, isBig, (head) => {
    head.word(4, payload);
    head.long(8, 0x2_f5ba_cbacn);
    // With feature flags, as every stream has some.
    head.long(16, headerType | (0x25n << 18n));
    head.word(32, type);
    head.word(36, flags);
    head.long(40, toGuid);
    head.long(48, fromGuid);
    head.buffer.write(name, 56);
  });
}

const end = (isBig = false): Buffer => record(5, 0, isBig);
const packageHead = (payload = 0): Buffer =>
  Buffer.concat([begin({ headerType: 2n, toGuid: 0n, type: 0, payload }), end()]);

/** One record of each kind, with what follows it. */
function content(isBig = false): Buffer {
  return Buffer.concat([
    record(1, 24, isBig, (head) => {
      head.word(28, 20);
    }),
    record(1, 320, isBig, (head) => {
      head.word(28, 20);
      head.word(36, 320);
    }),
    record(2, 0, isBig),
    record(3, 4096, isBig, (head) => {
      head.long(32, 4096n);
    }),
    record(3, 700, isBig, (head) => {
      head.long(32, 131_072n);
      head.buffer[50] = 15;
      head.long(96, 700n);
    }),
    record(4, 0, isBig),
    record(7, 512, isBig, (head) => {
      head.long(16, 512n);
    }),
    record(7, 100, isBig, (head) => {
      head.long(16, 512n);
      head.long(40, 100n);
    }),
    record(8, 56, isBig, (head) => {
      head.word(52, 50);
    }),
    record(9, 0, isBig),
    record(10, 0, isBig),
  ]);
}

const whole: AwaitedStream = {
  type: 'filesystem',
  parts: [{ toGuid: 1n, fromGuid: 0n, isClone: false }],
};
const increment = (toGuid: bigint, fromGuid: bigint): AwaitedStream['parts'][number] => ({
  ...{ toGuid, fromGuid, isClone: false },
});

/** What goes through of bytes that come in chunks of this size, and what is wrong with what doesn't. */
function check(
  awaited: readonly AwaitedStream[],
  bytes: Buffer,
  chunkBytes = bytes.length,
): { passed: Buffer; fault: string | undefined; index: number } {
  const streams = new StreamCheck(awaited);
  const passed: Buffer[] = [];
  let fault: string | undefined;
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const result = streams.take(bytes.subarray(at, at + chunkBytes));
    passed.push(...result.pieces);
    fault ??= result.fault;
  }
  return { passed: Buffer.concat(passed), fault, index: streams.index };
}

test('streams that were asked for go through as they are, however they are cut, in either byte order', () => {
  const second: AwaitedStream = { type: 'volume', parts: [increment(3n, 2n)] };
  for (const isBig of [false, true]) {
    const bytes = Buffer.concat([
      ...[begin({ payload: 40, isBig }), content(isBig), end(isBig)],
      ...[begin({ toGuid: 3n, fromGuid: 2n, type: 3 }), content(), end()],
    ]);
    for (const chunkBytes of [1, 7, 311, 312, 313, 1000, bytes.length]) {
      const { passed, fault, index } = check([whole, second], bytes, chunkBytes);
      assert.deepEqual([fault, index], [undefined, 2]);
      assert.ok(passed.equals(bytes));
    }
  }
});

test('increments in a package go through, also when a version is gone', () => {
  const awaited: AwaitedStream = {
    type: 'filesystem',
    parts: [increment(2n, 1n), increment(3n, 2n), increment(4n, 3n)],
  };
  const part = (toGuid: bigint, fromGuid: bigint): Buffer =>
    Buffer.concat([begin({ toGuid, fromGuid }), content(), end()]);
  const all = Buffer.concat([packageHead(), part(2n, 1n), part(3n, 2n), part(4n, 3n), end()]);
  assert.equal(check([awaited], all).fault, undefined);
  assert.equal(check([awaited], all).index, 1);
  const some = Buffer.concat([packageHead(), part(2n, 1n), part(4n, 2n), end()]);
  assert.equal(check([awaited], some).fault, undefined);
  const wrong = Buffer.concat([packageHead(), part(3n, 9n)]);
  assert.match(check([awaited], wrong).fault ?? '', /based on the GUID 9/);
  const twice = Buffer.concat([packageHead(), part(2n, 1n), part(2n, 1n)]);
  assert.match(check([awaited], twice).fault ?? '', /snapshot with the GUID 2/);
  const below = Buffer.concat([
    packageHead(),
    part(2n, 1n),
    begin({ toGuid: 3n, fromGuid: 2n, name: 'tank/a/b@1' }),
  ]);
  assert.match(check([awaited], below).fault ?? '', /several datasets: tank\/a and tank\/a\/b/);
});

test('of anything else, not a byte goes through', () => {
  const good = Buffer.concat([begin(), content(), end()]);
  const next: AwaitedStream = { type: 'filesystem', parts: [increment(2n, 1n)] };
  const faulty: readonly [RegExp, Buffer][] = [
    [/of several datasets or with properties, like "zfs send -R" and "-p"/, packageHead(500)],
    [/with properties/, packageHead()],
    [/with properties/, begin({ headerType: 3n, toGuid: 2n, fromGuid: 1n })],
    [/GUID 7, but 2/, begin({ toGuid: 7n, fromGuid: 1n })],
    [/based on the GUID 0, but 1/, begin({ toGuid: 2n })],
    [/creates a clone/, begin({ toGuid: 2n, fromGuid: 1n, flags: 1 })],
    [/of a volume, but a filesystem/, begin({ toGuid: 2n, fromGuid: 1n, type: 3 })],
    [/that is not a ZFS stream/, Buffer.alloc(400, 'Welcome to this host! ')],
    [/misplaced/, end()],
    [/misplaced/, content()],
  ];
  for (const [words, bytes] of faulty) {
    for (const chunkBytes of [1, 400, 10_000]) {
      const { passed, fault, index } = check([whole, next], Buffer.concat([good, bytes]), chunkBytes);
      assert.match(fault ?? '', words);
      assert.equal(index, 1);
      assert.ok(passed.equals(good), `${passed.length} of ${good.length}`);
    }
  }
});

test('what is no record, or begins anew, ends a stream where it is', () => {
  const good = Buffer.concat([begin(), content()]);
  for (const bytes of [
    begin(),
    record(11, 0, false),
    record(3, 0, false, (head) => {
      head.long(32, 2n ** 40n);
    }),
  ]) {
    const { passed, fault } = check([whole], Buffer.concat([good, bytes]));
    assert.notEqual(fault, undefined);
    assert.ok(passed.equals(good));
  }
});

test('resumed is one of the snapshot that was awaited', () => {
  const rest: AwaitedStream = {
    type: 'filesystem',
    parts: [{ toGuid: 2n, fromGuid: undefined, isClone: undefined }],
  };
  assert.equal(check([rest], begin({ toGuid: 2n, fromGuid: 9n, payload: 100 })).fault, undefined);
  assert.match(check([rest], begin({ toGuid: 3n, fromGuid: 9n })).fault ?? '', /GUID 3/);
  assert.match(check([rest], packageHead(100)).fault ?? '', /with properties/);
});

test('what comes after the last stream is dropped', () => {
  const good = Buffer.concat([begin(), end()]);
  const { passed, fault } = check([whole], Buffer.concat([good, Buffer.from('logout\n')]));
  assert.equal(fault, undefined);
  assert.ok(passed.equals(good));
});

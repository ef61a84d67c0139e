import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realClock } from '../../src/base/clock.js';
import type { Policy } from '../../src/gate/policy.js';
import { serve } from '../../src/gate/serve.js';
import { LocalHost } from '../../src/host/local-host.js';
import { encodeRequest } from '../../src/requests/protocol.js';
import type { ReceivedStream } from '../../src/requests/request.js';
import { policyOf } from '../sim/gated-host.js';
import { shellGates, type Gate } from './gates.js';

/*
 * What a stolen key may send into a gate that lets it receive: streams as zfs has them, with a zfs that keeps what it gets.
 */

const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-gate-'));
after(() => {
  rmSync(folder, { recursive: true });
});
const receivingZfs = fileURLToPath(new URL('receiving-zfs.js', import.meta.url));

const [single, compound, resuming] = [1n, 2n, 1n << 26n];

interface Begin {
  readonly kind?: bigint;
  readonly type?: number;
  readonly flags?: number;
  readonly fromGuid?: bigint;
  readonly name?: string;
  readonly payload?: Buffer;
}

/** The first record of a stream. */
function begin({
  kind = single,
  type = 2,
  flags = 0,
  fromGuid = 0n,
  name = 'tank/vm@zfs-vm:web:1',
  payload,
}: Begin): Buffer {
  const record = Buffer.alloc(312);
  record.writeUInt32LE(payload?.length ?? 0, 4);
  record.writeBigUInt64LE(0x2_f5ba_cbacn, 8);
  record.writeBigUInt64LE(kind, 16);
  record.writeUInt32LE(type, 32);
  record.writeUInt32LE(flags, 36);
  record.writeBigUInt64LE(77n, 40);
  record.writeBigUInt64LE(fromGuid, 48);
  record.write(name, 56);
  return Buffer.concat([record, payload ?? Buffer.alloc(0)]);
}

/** A block of zeros. */
function write(bytes: number): Buffer {
  const record = Buffer.alloc(312 + bytes);
  record.writeUInt32LE(3, 0);
  record.writeBigUInt64LE(BigInt(bytes), 32);
  return record;
}

function end(): Buffer {
  const record = Buffer.alloc(312);
  record.writeUInt32LE(5, 0);
  return record;
}

const leg: ReceivedStream = {
  ...{ destination: 'tank/backup/vm', snapshot: undefined, type: 'filesystem', origin: undefined },
  ...{ makesFilesystem: true, set: [], exclude: [], isResumable: true, parts: 1, isResumed: false },
};

const receiving = policyOf({ allow: new Set(['list', 'receive']), roots: ['tank/backup'], appendOnly: true });

interface Outcome {
  readonly status: number | null;
  readonly stderr: string;
  readonly log: readonly string[];
  readonly taken: Buffer;
}

/** A folder with a zfs, which keeps what it receives, and a logger. */
function makePlace(): { readonly place: string; readonly taken: string; readonly log: string } {
  const place = mkdtempSync(join(folder, 'place-'));
  const [taken, log] = [join(place, 'taken'), join(place, 'log')];
  for (const file of [taken, log]) writeFileSync(file, '');
  const zfs = `#!/bin/sh\nexec ${process.execPath} ${receivingZfs} ${taken} "$@"\n`;
  writeFileSync(join(place, 'zfs'), zfs, { mode: 0o755 });
  writeFileSync(join(place, 'logger'), `#!/bin/sh\nprintf '%s\\n' "$*" >>${log}\n`, { mode: 0o755 });
  return { place, taken, log };
}

type Receive = (legs: readonly ReceivedStream[], stream: Buffer, policy?: Policy) => Promise<Outcome>;

/** By the gate within this process. */
async function receiveHere(
  legs: readonly ReceivedStream[],
  stream: Buffer,
  policy = receiving,
): Promise<Outcome> {
  const { place, taken } = makePlace();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const log: string[] = [];
  const said = text(stderr);
  stdout.resume();
  stdin.end(stream);
  const status = await serve(encodeLane(legs), {
    ...{ policy, host: new LocalHost(), zfs: [join(place, 'zfs')], stdin, stdout, stderr, output: undefined },
    log: (entry) => Promise.resolve(void log.push(entry)),
    ...{ client: 'test', clock: realClock, signal: new AbortController().signal },
  });
  stderr.end();
  return { status, stderr: await said, log, taken: readFileSync(taken) };
}

/** By a shell script. */
function receiveBy(gate: Gate): Receive {
  return async (legs, stream, policy = receiving) => {
    const { place, taken, log } = makePlace();
    const setup = { policy, words: [], place, command: encodeLane(legs), stdin: stream };
    const { status, stderr } = await gate.answer(setup);
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    return { status, stderr, log: lines, taken: readFileSync(taken) };
  };
}

function encodeLane(legs: readonly ReceivedStream[]): string {
  return encodeRequest({ kind: 'receive-lane', compress: false, hasNoise: false, legs }).join(' ');
}

const whole = Buffer.concat([begin({}), write(100), end()]);

const hostile: readonly [
  what: string,
  stream: Buffer,
  leg?: Partial<ReceivedStream>,
  policy?: Partial<Policy>,
][] = [
  ['what is no stream', Buffer.alloc(1000, 'x')],
  [
    'a stream with properties (zfs send -p)',
    Buffer.concat([begin({ kind: compound, payload: Buffer.alloc(64, 1) }), end()]),
  ],
  [
    'a package with properties where several versions were asked for (zfs send -R)',
    Buffer.concat([begin({ kind: compound, payload: Buffer.alloc(64, 1) }), end(), whole]),
    { parts: 3 },
  ],
  ['a clone of something in the pool', begin({ flags: 1, fromGuid: 5n })],
  ['a volume where a filesystem was asked for', begin({ type: 3 })],
  ['a filesystem that would mount by itself', begin({}), { makesFilesystem: false }],
  ['a clone that is said to be resumed', begin({ flags: 1, fromGuid: 5n }), { isResumed: true }],
  ['a new filesystem that is said to be resumed', begin({}), { isResumed: true, makesFilesystem: false }],
  ['the rest of a stream that is said to be a new one', begin({ kind: single | resuming })],
  ['another streamline', begin({ name: 'tank/db@zfs-vm:db:1' }), {}, { streamlines: ['web*'] }],
  ['a snapshot that is no version', begin({ name: 'tank/vm@daily' }), {}, { streamlines: ['web*'] }],
];

/** What each gate does. @param keepsPackages whether zfs gets what holds a package of streams together */
function testGate(receive: Receive, keepsPackages: boolean): void {
  test('a stream that was asked for goes to zfs as it is', async () => {
    const outcome = await receive([leg], whole);
    assert.deepEqual([outcome.status, outcome.log], [0, []]);
    assert.deepEqual(outcome.taken, whole);
  });

  test('what comes behind the streams that were asked for does not go to zfs', async () => {
    const { taken: bytes } = await receive([leg], Buffer.concat([whole, whole]));
    assert.deepEqual(bytes, whole);
  });

  for (const [what, stream, change = {}, policy = {}] of hostile) {
    test(`nothing of ${what} goes to zfs`, async () => {
      const {
        status,
        stderr,
        log,
        taken: bytes,
      } = await receive([{ ...leg, ...change }], stream, { ...receiving, ...policy });
      assert.equal(status, 77);
      assert.match(stderr, /^zfs-vm gate: refused: a stream /m);
      assert.equal(log.length, 1);
      assert.ok(!bytes.includes('tank/'), 'zfs got a beginning');
      assert.ok(bytes.length <= 624, `${bytes.length} bytes`);
    });
  }

  test('of a package with two datasets, the second does not go to zfs', async () => {
    const [first, other] = [
      begin({ kind: compound }),
      begin({ name: 'tank/other@zfs-vm:web:2', fromGuid: 77n }),
    ];
    const stream = Buffer.concat([first, end(), whole, other, end()]);
    const { status, log, taken: bytes } = await receive([{ ...leg, parts: 3 }], stream);
    assert.deepEqual([status, log.length], [77, 1]);
    assert.deepEqual(bytes, keepsPackages ? stream.subarray(0, 624 + whole.length) : whole);
  });

  test('a stream that is larger than what may still be used is cut off, and refused when nothing is left', async () => {
    const large = Buffer.concat([begin({}), write(5000), end()]);
    const cut = await receive([leg], large, { ...receiving, quotaBytes: 4000 });
    assert.equal(cut.status, 77);
    assert.match(cut.stderr, /--quota/);
    assert.ok(cut.taken.length < 4000);
    const full = await receive([leg], whole, { ...receiving, quotaBytes: 1000 });
    assert.deepEqual([full.status, full.taken.length], [77, 0]);
  });

  test('streams of a lane go to a zfs each, however small they are', async () => {
    const streams = Array.from({ length: 40 }, (_, index) =>
      Buffer.concat([begin({ name: `tank/vm@zfs-vm:web:${index}` }), write(index * 1000), end()]),
    );
    const legs = streams.map((_, index) => ({ ...leg, destination: `tank/backup/vm${index}` }));
    const { status, taken: bytes, stderr } = await receive(legs, Buffer.concat(streams));
    assert.equal(status, 0, stderr);
    assert.deepEqual(bytes, Buffer.concat(streams));
  });

  test('large streams of a lane go to zfs as they are', async () => {
    const streams = [1, 2, 3].map((version) =>
      Buffer.concat([
        begin({ name: `tank/vm@zfs-vm:web:${version}` }),
        write(5_000_000 + version * 8),
        end(),
      ]),
    );
    const { status, taken: bytes } = await receive([leg, leg, leg], Buffer.concat(streams));
    assert.equal(status, 0);
    assert.deepEqual(bytes, Buffer.concat(streams));
  });

  test('of a package, each stream goes to zfs', async () => {
    const parts = [2, 3, 4].map((version) =>
      Buffer.concat([begin({ name: `tank/vm@zfs-vm:web:${version}`, fromGuid: 77n }), write(1000), end()]),
    );
    const stream = Buffer.concat([begin({ kind: compound }), end(), ...parts, end()]);
    const { status, taken: bytes } = await receive(
      [{ ...leg, parts: 3 }, leg],
      Buffer.concat([stream, whole]),
    );
    assert.equal(status, 0);
    assert.deepEqual(bytes, Buffer.concat([...(keepsPackages ? [stream] : parts), whole]));
  });

  test('a stream that breaks off is no success, and nothing is logged', async () => {
    for (const length of [0, 100, 312, 400]) {
      const { status, log } = await receive([leg], whole.subarray(0, length));
      assert.deepEqual([status, log], [1, []]);
    }
  });

  test('streams are no faster than they may be', async () => {
    const begun = performance.now();
    const stream = Buffer.concat([begin({}), write(20_000), end()]);
    const { taken: bytes } = await receive([leg], stream, { ...receiving, bytesPerSecond: 40_000 });
    assert.deepEqual(bytes, stream);
    assert.ok(performance.now() - begun > 200);
  });
}

testGate(receiveHere, true);
for (const gate of shellGates(folder)) {
  describe(gate.name, { skip: gate.skip, concurrency: 4 }, () => {
    testGate(receiveBy(gate), false);
  });
}

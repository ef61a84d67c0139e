import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import type { Endpoint } from '../../../src/host/endpoint.js';
import { LocalHost } from '../../../src/host/local-host.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { realClock, type Clock } from '../../../src/base/clock.js';
import type { TransferEvent } from '../../../src/transfer/event.js';
import type { Leg } from '../../../src/transfer/lanes/lane-script.js';
import { RateLimit } from '../../../src/transfer/lanes/rate-limit.js';
import {
  openLane,
  runLane,
  type LaneContext,
  type LaneResult,
} from '../../../src/transfer/lanes/run-lane.js';
import { world } from '../../worlds.js';

/** How the bytes get from one side to the other. */
type Way = 'through us' | 'by joined descriptors';

/** A place whose pipes can't be joined, as with a connection of our own. */
class UnjoinedHost extends LocalHost {
  override readonly joinsPipes = false;
}

/** A place where "zfs" is a shell script of the test's: `$last` is the last word that it is called with. */
function endpoint(script: string, way: Way): Endpoint {
  const prelude = 'for last in "$@"; do :; done';
  const host = way === 'through us' ? new UnjoinedHost() : new LocalHost();
  return { host, zfs: ['sh', '-c', `${prelude}; ${script}`, 'zfs'] };
}

/** A dataset with so many versions, to be sent whole: a leg each, all to tank/vm. */
function makeLegs(count: number): Leg[] {
  const versions = Array.from({ length: count }, (_, index) => `web:${index + 1}`);
  const { chains } = planTransfer({
    ...{ sender: world(`tank/vm: ${versions.join(' ')}`), receiver: world('tank:') },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false },
  });
  return chains.flatMap((chain) => chain.steps.map((step) => ({ chain, steps: [step], omitted: [] })));
}

/** The same versions in two streams: the first one whole, the others in one. */
function makeSharedLegs(count: number): Leg[] {
  const [first, ...rest] = makeLegs(count);
  const [second, ...others] = rest.flatMap(({ steps }) => steps);
  if (first === undefined || second === undefined) throw new Error('too few versions to share a stream');
  return [first, { ...first, steps: [second, ...others] }];
}

interface Run extends LaneResult {
  readonly events: readonly TransferEvent[];
}

async function run(
  send: string,
  receive: string,
  {
    legs = 1,
    way = 'through us',
    ...options
  }: Partial<LaneContext> & { legs?: number | readonly Leg[]; way?: Way } = {},
): Promise<Run> {
  const events: TransferEvent[] = [];
  const context: LaneContext = {
    ...{ sender: endpoint(send, way), receiver: endpoint(receive, way) },
    emit: (event) => events.push(event),
    ...{
      signal: new AbortController().signal,
      rateLimit: undefined,
      stallMs: 0,
      compress: false,
      hasNoise: false,
      isForeign: false,
    },
    clock: realClock,
    ...options,
  };
  const lane = await openLane(typeof legs === 'number' ? makeLegs(legs) : legs, context);
  const result = await runLane(lane, context);
  return { ...result, events };
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-lane-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('every byte arrives, and is counted', async (t) => {
  const file = join(await makeFolder(t), 'received');
  const { bytes, done, failure } = await run('head -c 3000000 /dev/zero; printf end', `cat > ${file}`);
  assert.deepEqual({ bytes, done, failure }, { bytes: 3_000_003, done: 1, failure: undefined });
  const received = await readFile(file);
  assert.equal(received.length, 3_000_003);
  assert.equal(received.subarray(-3).toString(), 'end');
});

/** What a send says that tells its progress: `$1` bytes so far. */
const tell = 'tell() { printf "00:00:01\\t%s\\t%s\\n" "$1" "$last" >&2; }';

test('through joined descriptors every byte arrives, and is counted as both sides tell', async (t) => {
  const file = join(await makeFolder(t), 'received');
  const send = `${tell}; printf "full\\tname\\t9\\n" >&2; head -c 2000000 /dev/zero; tell 2000000; printf end`;
  const receive = `cat > ${file}; echo "received 1.91M stream in 0.1 seconds (19M/sec)"`;
  const { bytes, done, failure, events } = await run(send, receive, { way: 'by joined descriptors' });
  assert.deepEqual({ done, failure }, { done: 1, failure: undefined });
  assert.ok(bytes >= 2_000_000 && bytes < 2_010_000, String(bytes));
  const told = events.map((event) => (event.kind === 'progress' ? event.bytes : 0));
  assert.equal(
    told.reduce((sum, count) => sum + count, 0),
    bytes,
  );
  const received = await readFile(file);
  assert.equal(received.length, 2_000_003);
  assert.equal(received.subarray(-3).toString(), 'end');
});

test('what a sender tells of its progress is no reason of its failure', async () => {
  const talk = 'printf "resume token contents:\\n\\tobject = 1\\nsize\\t9\\n" >&2';
  const send = `${tell}; ${talk}; i=0; while [ $i -lt 500 ]; do tell $i; i=$((i + 1)); done; echo "cannot send: gone" >&2; exit 1`;
  const { failure } = await run(send, 'cat >/dev/null; exit 1', { way: 'by joined descriptors' });
  assert.match(failure?.error.message ?? '', /: zfs send failed with status 1: cannot send: gone$/);
});

test(
  'what did not move while the program itself stood still has not stalled',
  { timeout: 20_000 },
  async () => {
    let stoodStillMs = 0;
    const clock: Clock = {
      ...realClock,
      nowMs: () => realClock.nowMs() + stoodStillMs,
      sleep: async (ms, signal) => {
        await realClock.sleep(ms, signal);
        // As after Ctrl-Z and fg, once.
        if (stoodStillMs === 0) stoodStillMs = 60_000;
      },
    };
    const send = 'printf data; sleep 1.5; printf more';
    assert.equal((await run(send, 'cat >/dev/null', { stallMs: 1000, clock })).done, 1);
  },
);

test(
  'a sender that tells of new bytes has not stalled, one that repeats itself has',
  { timeout: 20_000 },
  async () => {
    const on = { way: 'by joined descriptors', stallMs: 1200 } as const;
    const moving = `${tell}; for i in 1 2 3 4 5 6 7 8 9; do tell $i; sleep 0.2; done`;
    assert.equal((await run(moving, 'cat >/dev/null', on)).done, 1);
    const { failure } = await run(
      `${tell}; while :; do tell 5; sleep 0.1; done`,
      'cat >/dev/null; exit 1',
      on,
    );
    assert.equal(failure?.fault, 'lost');
  },
);

test(
  'a stream that is slowed down has not stalled, however long its pauses',
  { timeout: 20_000 },
  async () => {
    // One pause of 2.5 s, as no less than 512 bytes go at once.
    const rateLimit = new RateLimit(205, realClock);
    const receive = '[ "$(wc -c)" = 1024 ] && echo "received 1K stream in 0.1 seconds (10K/sec)"';
    const { done, failure } = await run('head -c 1024 /dev/zero', receive, { rateLimit, stallMs: 1500 });
    assert.deepEqual({ done, failure }, { done: 1, failure: undefined });
  },
);

for (const way of ['through us', 'by joined descriptors'] as const) {
  test(`many streams go through one channel, each to its own receive, and each end is told, ${way}`, async (t) => {
    const folder = await makeFolder(t);
    const receive = `head -c 6 >> ${folder}/all; echo >> ${folder}/all; echo "received 1.5K stream in 0.1 seconds (15K/sec)"`;
    const { done, failure, events } = await run('printf %6s "${last##*:}"', receive, { way, legs: 3 });
    assert.deepEqual({ done, failure }, { done: 3, failure: undefined });
    assert.equal(await readFile(`${folder}/all`, 'utf8'), '     1\n     2\n     3\n');
    const told = events.filter(({ kind }) => kind !== 'progress').map(({ kind }) => kind);
    assert.deepEqual(told, Array.from({ length: 3 }, () => ['step-started', 'step-done']).flat());
    assert.ok(events.every((event) => event.kind !== 'step-done' || event.bytes === 1536));
  });

  test(`a leg that fails ends its lane: those before it are done, those behind it not begun, ${way}`, async () => {
    const send = 'case $last in *:2) echo "cannot send: gone" >&2; exit 1;; *) printf data;; esac';
    const receive =
      'got=$(head -c 4); [ "$got" = data ] || { echo "cannot receive: failed to read from stream"; exit 1; }';
    const { done, failure } = await run(send, receive, { way, legs: 3 });
    assert.equal(done, 1);
    assert.equal(failure?.step.to.tag?.version.text, '2');
    assert.match(failure.error.message, /zfs send failed with status 1: cannot send: gone/);
    assert.match(failure.error.details.join(), /zfs receive: cannot receive: failed to read from stream/);
  });

  test(`a receive that fails behind a sender that has gone on is the cause, ${way}`, async () => {
    const receive =
      'head -c 4 >/dev/null; [ -e "$0.none" ] || { echo "cannot receive: it broke" >&2; exit 1; }';
    const { done, failure } = await run('printf data', receive, { way, legs: 3 });
    assert.equal(done, 0);
    assert.match(failure?.error.message ?? '', /zfs receive failed with status 1: cannot receive: it broke/);
  });

  test(`a send that fails makes it fail although the receive took what came, ${way}`, async () => {
    const { failure } = await run(
      'printf data; echo "cannot send: gone" >&2; exit 1',
      'cat >/dev/null; exit 1',
      { way },
    );
    assert.match(failure?.error.message ?? '', /zfs send failed with status 1: cannot send: gone/);
  });

  test(`a receive that ends early ends the send, and its words come first, ${way}`, async () => {
    const { failure } = await run('cat /dev/zero', 'echo "cannot receive: dataset is busy" >&2; exit 1', {
      way,
    });
    assert.match(failure?.error.message ?? '', /zfs receive failed/);
    assert.equal(failure?.fault, 'busy');
  });

  test(`a send that says nothing for long is ended when the receive ends, ${way}`, async () => {
    const { failure } = await run('sleep 60', 'exit 3', { way });
    assert.match(failure?.error.message ?? '', /zfs receive failed with status 3/);
  });

  test(`aborting ends both sides, ${way}`, async () => {
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 100);
    const { failure } = await run('cat /dev/zero', 'cat >/dev/null; exit 1', { way, signal: abort.signal });
    assert.ok(failure);
  });

  test(
    `a stream in which nothing moves is given up, and can be tried again, ${way}`,
    { timeout: 20_000 },
    async () => {
      const { failure } = await run('printf data; sleep 60', 'cat >/dev/null; exit 1', { way, stallMs: 200 });
      assert.match(failure?.error.message ?? '', /no progress .* for 0\.2 s/);
      assert.equal(failure?.fault, 'lost');
    },
  );

  test(`a lot of stderr on both sides blocks nothing, ${way}`, async () => {
    const noise = 'yes noise | head -c 1000000 >&2';
    const { done } = await run(`${noise}; printf data`, `${noise}; cat >/dev/null`, { way });
    assert.equal(done, 1);
  });

  test(`what the receiver has to the end, it has, however the sender ends after that, ${way}`, async () => {
    assert.equal((await run('printf data; sleep 0.5', 'head -c 4 >/dev/null', { way })).done, 1);
    const late = await run(
      'printf data; sleep 0.3; echo "cannot send: gone" >&2; exit 1',
      'head -c 4 >/dev/null',
      { way },
    );
    assert.deepEqual({ done: late.done, failure: late.failure }, { done: 1, failure: undefined });
  });
}

/*
 * Several versions in one stream.
 */

/** A receive that tells of these versions, a moment after each other. */
function tellOf(...versions: readonly number[]): string {
  const lines = versions.map(
    (version) =>
      `echo "receiving incremental stream of tank/vm@zfs-vm:web:${version} into tank/vm@zfs-vm:web:${version}"; ` +
      'echo "received 1.5K stream in 0.1 seconds (15K/sec)"; sleep 0.05',
  );
  return lines.join('; ');
}

/** What was told of the versions, in order. */
function listSteps(events: readonly TransferEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'step-started' || event.kind === 'step-done'
      ? [`${event.kind} ${event.step.to.tag?.version.text ?? ''}`]
      : [],
  );
}

for (const way of ['through us', 'by joined descriptors'] as const) {
  test(`each version of a shared stream is told when it has arrived, ${way}`, async () => {
    const receive = `head -c 4 >/dev/null; ${tellOf(2, 3, 4)}`;
    const { done, failure, skipErrors, events } = await run('printf data', receive, {
      ...{ way, legs: makeSharedLegs(4) },
    });
    assert.deepEqual({ done, failure, skipErrors }, { done: 2, failure: undefined, skipErrors: [] });
    const expected = ['1', '2', '3', '4'].flatMap((version) => [
      `step-started ${version}`,
      `step-done ${version}`,
    ]);
    assert.deepEqual(listSteps(events), expected);
  });
}

test('a shared stream that breaks is told as far as it came', async () => {
  const receive = `head -c 4 >/dev/null; ${tellOf(2)}; echo "cannot receive: it broke"; exit 1`;
  const { done, failure, events } = await run('printf data', receive, { legs: makeSharedLegs(4).slice(1) });
  assert.equal(done, 0);
  assert.equal(failure?.step.to.tag?.version.text, '3');
  assert.match(failure.error.message, /it broke/);
  assert.deepEqual(listSteps(events).slice(-2), ['step-done 2', 'step-started 3']);
});

test('a version that the sender has no more is missed in a shared stream, and the others are there', async () => {
  const { done, failure, skipErrors, events } = await run(
    'printf data',
    `head -c 4 >/dev/null; ${tellOf(2, 4)}`,
    { legs: makeSharedLegs(4) },
  );
  assert.deepEqual({ done, failure }, { done: 2, failure: undefined });
  assert.match(
    skipErrors.map(({ message }) => message).join(),
    /^local: tank\/vm@zfs-vm:web:3 was destroyed or renamed/,
  );
  const steps = listSteps(events).slice(-4);
  assert.deepEqual(steps, ['step-done 2', 'step-started 3', 'step-started 4', 'step-done 4']);
});

test('a version that has come by another way meanwhile is there', async () => {
  const there = 'echo "snap tank/vm@zfs-vm:web:3 already exists; ignoring"';
  const receive = `head -c 4 >/dev/null; ${tellOf(2)}; ${there}; ${tellOf(4)}`;
  const { done, failure, skipErrors } = await run('printf data', receive, { legs: makeSharedLegs(4) });
  assert.deepEqual({ done, failure, skipErrors }, { done: 2, failure: undefined, skipErrors: [] });
});

// zfs send -I that can't read a snapshot ends its stream all the same, and zfs receive ends well (libzfs_sendrecv.c).
for (const [status, words] of [
  [1, /zfs send failed with status 1: cannot send tank\/vm@x: Input\/output error/],
  [0, /zfs send ended before all versions were sent/],
] as const) {
  test(`a shared stream that ends early is no success, sender's status ${status}`, async () => {
    const legs = makeSharedLegs(4).slice(1);
    const send = `printf data; echo "cannot send tank/vm@x: Input/output error" >&2; exit ${status}`;
    const { done, failure, events } = await run(send, `head -c 4 >/dev/null; ${tellOf(2)}`, { legs });
    assert.equal(done, 0);
    assert.equal(failure?.step.to.tag?.version.text, '3');
    assert.match(failure.error.message, words);
    assert.equal(
      listSteps(events)
        .filter((line) => line.startsWith('step-done'))
        .join(),
      'step-done 2',
    );
  });
}

/*
 * On compressed lanes. What zstd does here, gzip does as well: pack a stream, unpack several after each other.
 */

let tools: string;

before(async () => {
  tools = await mkdtemp(join(tmpdir(), 'zfs-vm-zstd-'));
  const zstd = '#!/bin/sh\ncase " $* " in *" -d "*) exec gzip -dc;; *) exec gzip -c;; esac\n';
  await writeFile(join(tools, 'zstd'), zstd, { mode: 0o755 });
  process.env['PATH'] = `${tools}:${process.env['PATH'] ?? ''}`;
});

after(() => rm(tools, { recursive: true }));

test('compressed streams arrive whole, each at its own receive, and the bytes on the way are counted', async (t) => {
  const folder = await makeFolder(t);
  const send = 'head -c 1000000 /dev/zero; printf %6s "${last##*:}"';
  const receive = `head -c 1000000 | tr -d '\\0' >> ${folder}/all; head -c 6 >> ${folder}/all; echo >> ${folder}/all`;
  const { done, failure, bytes } = await run(send, receive, { legs: 3, compress: true });
  assert.deepEqual({ done, failure }, { done: 3, failure: undefined });
  assert.equal(await readFile(`${folder}/all`, 'utf8'), '     1\n     2\n     3\n');
  assert.ok(bytes < 100_000, `${bytes} bytes for 3 MB of zeros`);
});

test('a send that fails on a compressed lane is the cause, with its status and words', async () => {
  const send = 'case $last in *:2) printf da; echo "cannot send: gone" >&2; exit 7;; *) printf data;; esac';
  const receive =
    'got=$(head -c 4); [ "$got" = data ] || { echo "cannot receive: failed to read from stream"; exit 1; }';
  const { done, failure } = await run(send, receive, { legs: 3, compress: true });
  assert.equal(done, 1);
  assert.match(failure?.error.message ?? '', /zfs send failed with status 7: cannot send: gone/);
});

test('a receive that fails ends a compressed lane, also when nothing more comes', async () => {
  for (const send of ['printf data; sleep 60', 'cat /dev/urandom']) {
    const { failure } = await run(send, 'echo "cannot receive: dataset is busy" >&2; exit 3', {
      compress: true,
    });
    assert.match(
      failure?.error.message ?? '',
      /zfs receive failed with status 3: cannot receive: dataset is busy/,
    );
    assert.equal(failure?.fault, 'busy');
  }
});

test('aborting ends both sides of a compressed lane', async () => {
  const abort = new AbortController();
  setTimeout(() => {
    abort.abort();
  }, 100);
  const { failure } = await run('cat /dev/zero', 'cat >/dev/null; exit 1', {
    ...{ signal: abort.signal, compress: true },
  });
  assert.ok(failure);
});

test('a zstd that fails on the sender is an error, and not a stream', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(
    join(folder, 'zstd'),
    '#!/bin/sh\ncase " $* " in *" -d "*) exec cat;; esac\ncat >/dev/null; echo "zstd: no memory" >&2; exit 1\n',
    { mode: 0o755 },
  );
  const path = process.env['PATH'];
  process.env['PATH'] = `${folder}:${path ?? ''}`;
  t.after(() => (process.env['PATH'] = path));
  const receive =
    'got=$(head -c 4); [ "$got" = data ] || { echo "cannot receive: incomplete stream"; exit 1; }';
  const { failure } = await run('printf data', receive, { compress: true });
  assert.match(failure?.error.message ?? '', /zfs send failed with status 1: zstd: no memory/);
});

test('what a receive says of a property that it could not set is passed on', async () => {
  const receive =
    'head -c 4 >/dev/null; echo "cannot receive quota property on tank/vm: permission denied" >&2';
  const { done, events } = await run('printf data', receive);
  assert.equal(done, 1);
  const [warning] = events.filter(({ kind }) => kind === 'warning');
  assert.ok(
    warning?.kind === 'warning' && /quota property on tank\/vm: permission denied/.test(warning.message),
  );
});

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Endpoint } from '../../src/host/endpoint.js';
import { LocalHost } from '../../src/host/local-host.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import type { TransferEvent } from '../../src/transfer/event.js';
import type { Leg } from '../../src/transfer/lane-script.js';
import { runLane, type LaneContext, type LaneResult } from '../../src/transfer/run-lane.js';
import { world } from '../worlds.js';

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
    choice: { patterns: [], latest: false, allSnapshots: false },
    ...{ destination: undefined, rollback: false, replace: false },
  });
  return chains.flatMap((chain) => chain.steps.map((step) => ({ chain, step })));
}

interface Run extends LaneResult {
  readonly events: readonly TransferEvent[];
}

async function run(
  send: string,
  receive: string,
  { legs = 1, way = 'through us', ...options }: Partial<LaneContext> & { legs?: number; way?: Way } = {},
): Promise<Run> {
  const events: TransferEvent[] = [];
  const result = await runLane(makeLegs(legs), {
    ...{ sender: endpoint(send, way), receiver: endpoint(receive, way) },
    emit: (event) => events.push(event),
    ...{ signal: new AbortController().signal, rateLimit: undefined, stallMs: 0 },
    ...options,
  });
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
const tell = 'tell() { printf "00:00:01\\t%s\\tname\\n" "$1" >&2; }';

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

test('a sender that tells of new bytes has not stalled, one that repeats itself has', async () => {
  const on = { way: 'by joined descriptors', stallMs: 400 } as const;
  const moving = `${tell}; for i in 1 2 3 4 5 6 7 8; do tell $i; sleep 0.1; done`;
  assert.equal((await run(moving, 'cat >/dev/null', on)).done, 1);
  const { failure } = await run(`${tell}; while :; do tell 5; sleep 0.1; done`, 'cat >/dev/null; exit 1', on);
  assert.equal(failure?.fault, 'lost');
});

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
    assert.equal(failure?.leg.step.to.tag?.version.text, '2');
    assert.match(failure.error.message, /zfs send failed with status 1: cannot send: gone/);
    assert.match(
      failure.error.details.join(),
      /zfs receive said: cannot receive: failed to read from stream/,
    );
  });

  test(`a receive that fails behind a sender that has gone on is the cause, ${way}`, async () => {
    const receive =
      'head -c 4 >/dev/null; [ -e "$0.none" ] || { echo "cannot receive: out of space" >&2; exit 1; }';
    const { done, failure } = await run('printf data', receive, { way, legs: 3 });
    assert.equal(done, 0);
    assert.match(
      failure?.error.message ?? '',
      /zfs receive failed with status 1: cannot receive: out of space/,
    );
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

  test(`a stream in which nothing moves is given up, and can be tried again, ${way}`, async () => {
    const { failure } = await run('printf data; sleep 60', 'cat >/dev/null; exit 1', { way, stallMs: 200 });
    assert.match(failure?.error.message ?? '', /nothing moved .* for 0.2 s/);
    assert.equal(failure?.fault, 'lost');
  });

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

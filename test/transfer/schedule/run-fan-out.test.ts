import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Host, HostProcess, StartOptions } from '../../../src/host/host.js';
import { LocalHost } from '../../../src/host/local-host.js';
import type { Plan } from '../../../src/plan/plan.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { realClock } from '../../../src/base/clock.js';
import type { TransferEvent, TransferResult } from '../../../src/transfer/event.js';
import { ReplacedDatasets } from '../../../src/transfer/around/replaced-datasets.js';
import { NoteCarrier } from '../../../src/transfer/around/carry-notes.js';
import type { TransferContext } from '../../../src/transfer/schedule/transfer-context.js';
import { RateLimit } from '../../../src/transfer/lanes/rate-limit.js';
import { runFanOut } from '../../../src/transfer/schedule/run-fan-out.js';
import { planFanOut } from '../../../src/plan/fan-out.js';
import { world } from '../../worlds.js';

/** Everything that host a has, to an empty host b. */
function planAll(sender: readonly string[], destination?: string): Plan {
  return planTransfer({
    ...{ sender: world(...sender), receiver: world('tank:') },
    choice: { patterns: [], latest: false },
    ...{ destination, rollback: false, replace: false },
  });
}

interface Run {
  readonly result: TransferResult;
  readonly events: readonly TransferEvent[];
  /** What was received, in order: destinations, each as often as it was received into. */
  readonly received: readonly string[];
}

/** How scripts in the place of zfs behave; `receive` and `create` run with the dataset in `$last`. */
interface RunOptions {
  readonly lanes?: number;
  readonly receive?: string;
  readonly create?: string;
  readonly send?: string;
  readonly arrives?: boolean;
}

/** Runs a plan with shell scripts in the place of zfs. */
async function run(t: TestContext, plan: Plan, options: RunOptions = {}): Promise<Run> {
  const { context, events, readLines } = await makeContext(t, [plan], options);
  const fanOut = { receivers: [{ plan, context }], shared: [], needed: new Set<never>() };
  const [result] = await Promise.all(runFanOut(fanOut, { lagMs: 0 }));
  assert.ok(result);
  return { result, events, received: await readLines('received') };
}

/** What plans are run with, and what the scripts have noted: what was `received`, and which streams were `sent`. */
async function makeContext(
  t: TestContext,
  plans: readonly Plan[],
  { lanes = 2, receive = ':', create = ':', send = ':', arrives = true }: RunOptions,
): Promise<{
  context: TransferContext;
  events: readonly TransferEvent[];
  readLines: (name: 'received' | 'sent') => Promise<string[]>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-plan-'));
  t.after(() => rm(folder, { recursive: true }));
  const arrivals = plans
    .flatMap(({ chains }) => chains)
    .flatMap(({ destination, steps }) =>
      steps.map(({ to }) => `${destination}@${to.name}\t${arrives ? to.guid : 1n}\t1\n`),
    );
  await writeFile(`${folder}/arrivals`, arrivals.join(''));
  for (const name of ['received', 'sent']) await writeFile(`${folder}/${name}`, '');
  const zfs = `for last in "$@"; do :; done
    case $1 in
      send) echo "$last" >> ${folder}/sent; ${send}; printf data;;
      receive) got=$(head -c 4); [ "$got" = data ] || exit 9; ${receive}; echo "$last" >> ${folder}/received
        echo "received 4B stream in 0.1 seconds (40B/sec)";;
      create) ${create};;
      list) cat ${folder}/arrivals;;
    esac`;
  const endpoint = { host: new LocalHost(), zfs: ['sh', '-c', zfs, 'zfs'] };
  const events: TransferEvent[] = [];
  const context = {
    ...{ sender: endpoint, receiver: endpoint, lanes, rateLimit: undefined, stallMs: 0 },
    ...{
      compress: false,
      hasNoise: false,
      isForeign: false,
      bookmarks: undefined,
      largeChains: undefined,
      notes: new NoteCarrier(),
    },
    replaced: new ReplacedDatasets(),
    signal: new AbortController().signal,
    emit: (event: TransferEvent) => events.push(event),
    clock: realClock,
  };
  const readLines = async (name: string): Promise<string[]> =>
    (await readFile(`${folder}/${name}`, 'utf8')).trim().split('\n');
  return { context, events, readLines };
}

/** A host that takes a moment to start a command, and runs so many at a time, as sshd does on a connection; others wait. */
class NarrowHost implements Host {
  readonly name = 'b';
  readonly joinsPipes = false;
  readonly #local = new LocalHost();
  readonly #running = new Set<Promise<unknown>>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  async start(argv: readonly string[], options: StartOptions = {}): Promise<HostProcess> {
    while (this.#running.size >= this.#most) await Promise.race(this.#running);
    const starting = setTimeout(20).then(() => this.#local.start(argv, options));
    const end = starting.then(({ exit }) => exit);
    this.#running.add(end);
    void end.then(() => this.#running.delete(end));
    return starting;
  }

  close(): Promise<void> {
    return this.#local.close();
  }
}

const threeImages = ['tank/a: a:1 a:2', 'tank/b: b:1', 'tank/c: c:1'];

test('every chain is run, its steps in order, and the arrivals are verified', async (t) => {
  const { result, events, received } = await run(t, planAll(threeImages));
  assert.deepEqual([...received].sort(), ['tank/a', 'tank/a', 'tank/b', 'tank/c']);
  assert.deepEqual([result.versions, result.failedVersions, result.errors], [4, 0, []]);
  assert.equal(result.bytes, 16);
  assert.ok(events.some((event) => event.kind === 'verified' && event.datasets === 3));
});

test('streams go side by side, as many as there are lanes', async (t) => {
  // Each receive waits until all four have begun.
  const meeting = await mkdtemp(join(tmpdir(), 'zfs-vm-meeting-'));
  t.after(() => rm(meeting, { recursive: true }));
  const receive = `touch ${meeting}/$$; for try in $(seq 100); do [ $(ls ${meeting} | wc -l) = 4 ] && break; sleep 0.1; done
    [ $(ls ${meeting} | wc -l) = 4 ] || exit 1`;
  const plan = planAll(['tank/a: a:1', 'tank/b: b:1', 'tank/c: c:1', 'tank/d: d:1']);
  assert.equal((await run(t, plan, { lanes: 4, receive })).result.versions, 4);
});

for (const most of [2, 3, 10]) {
  test(
    `however many lanes are wanted, a host with ${most} channels never has only receivers that wait for their senders`,
    { timeout: 60_000 },
    async (t) => {
      const plan = planAll(Array.from({ length: 12 }, (_, index) => `tank/i${index}: i${index}:1`));
      const { context, readLines } = await makeContext(t, [plan], { lanes: 12 });
      const { zfs } = context.sender;
      const endpoint = { host: new NarrowHost(most), zfs };
      const rateLimit = new RateLimit(1e9, realClock);
      const fanOut = {
        receivers: [{ plan, context: { ...context, sender: endpoint, receiver: endpoint, rateLimit } }],
        ...{ shared: [], needed: new Set<never>() },
      };
      const [result] = await Promise.all(runFanOut(fanOut, { lagMs: 0 }));
      assert.equal(result?.versions, 12);
      assert.equal((await readLines('received')).length, 12);
    },
  );
}

test('a chain that fails costs its own later steps, and nothing else', async (t) => {
  const receive = '[ "$last" != tank/a ] || { echo "cannot receive: out of space"; exit 1; }';
  const { result, received } = await run(t, planAll(threeImages), { lanes: 1, receive });
  assert.deepEqual(received, ['tank/b', 'tank/c']);
  assert.deepEqual([result.versions, result.failedVersions], [2, 2]);
  assert.match(
    result.errors[0]?.message ?? '',
    /no space left \(pool full or quota exceeded\); what was received is kept/,
  );
  assert.deepEqual([...result.faults], ['failed']);
});

test('a clone waits for its origin, and is left out when that does not arrive', async (t) => {
  const plan = planAll(['tank/a: a:1', 'tank/b < tank/a@a:1: a:2']);
  assert.deepEqual((await run(t, plan)).received, ['tank/a', 'tank/b']);
  const receive = '[ "$last" != tank/a ] || exit 1';
  const { result, events } = await run(t, plan, { receive });
  assert.equal(result.failedVersions, 2);
  const skipped = events.find((event) => event.kind === 'chain-skipped');
  assert.equal(skipped?.missing, 'tank/a@zfs-vm:a:1');
});

test('a clone below something else waits for that, too', async (t) => {
  const plan = planAll(['tank/a: a:1', 'tank/c: c:1', 'tank/c/b < tank/a@a:1: a:2']);
  const receive = '[ "$last" != tank/c ] || exit 1';
  const { events } = await run(t, plan, { receive });
  const skipped = events.find((event) => event.kind === 'chain-skipped');
  assert.deepEqual([skipped?.chain.source, skipped?.missing], ['tank/c/b', 'tank/c']);
});

test('what is not there afterwards is an error, though every receive went well', async (t) => {
  const { result, events } = await run(t, planAll(['tank/a: a:1']), { arrives: false });
  assert.match(result.errors[0]?.message ?? '', /tank\/a@zfs-vm:a:1 was received, but now has the GUID 1/);
  assert.ok(events.some(({ kind }) => kind === 'trouble'));
});

test('parents are made first; where one can not be made, nothing is sent below it', async (t) => {
  const plan = planAll(threeImages, 'tank/x');
  const made = await run(t, plan);
  assert.ok(made.events.some((event) => event.kind === 'parent-created' && event.dataset === 'tank/x'));
  const { result, events } = await run(t, plan, { create: 'echo "permission denied" >&2; exit 1' });
  assert.equal(result.versions, 0);
  assert.equal(events.filter(({ kind }) => kind === 'chain-skipped').length, 3);
  assert.equal(events.filter(({ kind }) => kind === 'step-started').length, 0);
});

test('what is made above a destination lies below what is sent before, if that is to be so', async (t) => {
  const plan = planAll(['tank/a: a:1', 'tank/a/between:', 'tank/a/between/b: a:1~b']);
  const { events } = await run(t, plan);
  const told = events.flatMap((event) => {
    if (event.kind === 'parent-created') return [`made ${event.dataset}`];
    return event.kind === 'step-done' ? [`sent ${event.chain.destination}`] : [];
  });
  assert.deepEqual(told, ['sent tank/a', 'made tank/a/between', 'sent tank/a/between/b']);
});

test('a plan with very many steps is cut into lanes that fit into a command line', async (t) => {
  // What lies between keeps each from sharing a stream with the next.
  const versions = Array.from({ length: 300 }, (_, index) => `a:${index + 1} @mine-${index + 1}`).join(' ');
  const { result, received } = await run(t, planAll([`tank/a: ${versions}`]));
  assert.equal(result.versions, 300);
  assert.equal(received.length, 300);
});

test('where a sender may not hold what it sends in one stream, each version goes alone', async (t) => {
  const send =
    'case " $* " in *" -I "*) echo "cannot hold: permission denied" >&2; echo "cannot send" >&2; exit 1;; esac';
  const { result, received } = await run(t, planAll(['tank/a: a:1 a:2 a:3 a:4', 'tank/b: b:1']), { send });
  assert.deepEqual([result.versions, result.failedVersions, result.errors], [5, 0, []]);
  assert.equal(received.filter((dataset) => dataset === 'tank/a').length, 4);
});

/** Sends the same to two places at once, as if they were two receivers. */
async function runToTwo(
  t: TestContext,
  sender: readonly string[],
  options: RunOptions,
): Promise<{ results: TransferResult[]; sent: string[]; received: string[] }> {
  const plans = [planAll(sender), planAll(sender, 'tank/x')];
  const { context, readLines } = await makeContext(t, plans, options);
  const receivers = plans.map((plan) => ({ plan, encoding: 'plain', context }));
  const results = await Promise.all(runFanOut(planFanOut(receivers), { lagMs: 30_000 }));
  return { results, sent: await readLines('sent'), received: await readLines('received') };
}

test('what goes to two receivers is sent once for both', async (t) => {
  const { results, sent, received } = await runToTwo(t, threeImages, {});
  assert.deepEqual(
    results.map(({ versions, failedVersions, bytes }) => [versions, failedVersions, bytes]),
    [
      [4, 0, 16],
      [4, 0, 16],
    ],
  );
  assert.equal(sent.length, 4);
  assert.equal(received.length, 8);
});

test('where a sender may not hold what it sends, each version goes alone, and still once for both', async (t) => {
  const send =
    'case " $* " in *" -I "*) echo "cannot hold: permission denied" >&2; echo "cannot send" >&2; exit 1;; esac';
  const { results, sent } = await runToTwo(t, ['tank/a: a:1 a:2 a:3 a:4'], { send });
  assert.deepEqual(
    results.map(({ versions, errors }) => [versions, errors]),
    [
      [4, []],
      [4, []],
    ],
  );
  // One of the five is the one that was refused.
  assert.equal(sent.length, 5);
});

test('a chain that fails at one of two receivers is behind nothing else there, and stops nothing at the other', async (t) => {
  const receive = '[ "$last" != tank/x/a ] || { echo "no" >&2; exit 1; }';
  const { results, received } = await runToTwo(t, threeImages, { lanes: 1, receive });
  assert.deepEqual(
    results.map(({ versions, failedVersions }) => [versions, failedVersions]),
    [
      [4, 0],
      [2, 2],
    ],
  );
  assert.deepEqual([...received].sort(), ['tank/a', 'tank/a', 'tank/b', 'tank/c', 'tank/x/b', 'tank/x/c']);
});

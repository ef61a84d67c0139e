import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { realClock } from '../../../src/base/clock.js';
import type { Host } from '../../../src/host/host.js';
import { LocalHost } from '../../../src/host/local-host.js';
import type { Plan } from '../../../src/plan/plan.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import type { TransferEvent } from '../../../src/transfer/event.js';
import { HoldJournal } from '../../../src/transfer/protection/hold-journal.js';
import { protectSources, type ProtectContext } from '../../../src/transfer/protection/protect-sources.js';
import { SourceBookmarks } from '../../../src/transfer/protection/source-bookmarks.js';
import { cutAfter } from '../../host/cut-host.js';
import { VirtualClock } from '../../sim/clock.js';
import { world } from '../../worlds.js';

/** Does something with a plan's snapshots protected. */
async function whileProtected<T>(
  plan: Pick<Plan, 'chains'>,
  context: ProtectContext,
  work: (follow: (event: TransferEvent) => void) => Promise<T>,
): Promise<T> {
  const protection = await protectSources(plan, context);
  try {
    return await work((event) => {
      protection.follow(event);
    });
  } finally {
    await protection.end();
  }
}

/** A journal in a folder of its own, and a zfs that notes there what it was asked, after a while. */
async function makeHeld(
  t: TestContext,
  zfsSeconds = 0,
): Promise<{ asked: string; journal: HoldJournal; context: ProtectContext; interrupt: AbortController }> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-holds-'));
  t.after(() => rm(folder, { recursive: true }));
  const asked = `${folder}/asked`;
  await writeFile(asked, '');
  const zfs = ['sh', '-c', `sleep ${zfsSeconds}; echo "$@" >> ${asked}`, 'zfs'];
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  const { pid } = spawnSync('true');
  await journal.write({
    host: 'local',
    zfs,
    tag: 'zfs-vm:1-a',
    snapshots: ['tank/vm@zfs-vm:web:1'],
    pid,
    isTaken: true,
  });
  const interrupt = new AbortController();
  const context: ProtectContext = {
    sender: { host: new LocalHost(), zfs },
    emit: () => undefined,
    signal: interrupt.signal,
    holdJournal: journal,
    clock: realClock,
    ...{ receivers: [], bookmarks: undefined },
  };
  return { asked, journal, context, interrupt };
}

test('nothing is held that could not be written down, and all is sent without', async (t) => {
  const { asked, context } = await makeHeld(t);
  // Two streams: a full one and an increment.
  const plan = planTransfer({
    ...{ sender: world('tank/vm: web:1 web:2'), receiver: world('tank:'), destination: undefined },
    choice: { patterns: [], latest: false },
    ...{ rollback: false, replace: false },
  });
  const unwritable = {
    findLeft: () => Promise.resolve([]),
    write: () => Promise.resolve(false),
    leave: () => undefined,
    remove: () => Promise.resolve(),
  };
  assert.equal(
    await whileProtected(plan, { ...context, holdJournal: unwritable }, () => Promise.resolve('done')),
    'done',
  );
  assert.equal(await readFile(asked, 'utf8'), '');
});

const nothing = { chains: [], upToDate: [], conflicts: [] };

test('what a run that died holds is released by the next one, also when that has nothing to send', async (t) => {
  const { asked, journal, context } = await makeHeld(t);
  assert.equal(await whileProtected(nothing, context, () => Promise.resolve('done')), 'done');
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
  assert.deepEqual(await journal.findLeft(), []);
});

test('what a run that died holds on a receiver is released, too, also where root is become another way now', async (t) => {
  const { asked, journal, context } = await makeHeld(t);
  const { host, zfs } = context.sender;
  await journal.remove('zfs-vm:1-a');
  await journal.write({
    ...{ host: 'b', zfs: ['env', 'SUDO_ASKPASS=/gone/askpass', 'sudo', '-A', 'zfs'], tag: 'zfs-vm:1-b' },
    ...{ snapshots: ['tank/vm@zfs-vm:web:1'], pid: spawnSync('true').pid, isTaken: true },
  });
  const b: Host = {
    ...{ name: 'b', joinsPipes: false },
    start: (argv, options) => host.start(argv, options),
    close: () => host.close(),
  };
  const plain = { ...context, sender: { host, zfs: ['zfs'] } };
  await whileProtected(nothing, plain, () => Promise.resolve());
  assert.equal(await readFile(asked, 'utf8'), '');
  await whileProtected(nothing, { ...plain, receivers: [{ host: b, zfs }] }, () => Promise.resolve());
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-b tank/vm@zfs-vm:web:1\n');
  assert.deepEqual(await journal.findLeft(), []);
});

test('nothing but what is held is released, also when the way to the host breaks in the middle of a name', async (t) => {
  const { asked, journal, context } = await makeHeld(t);
  const snapshots = ['tank/vm@zfs-vm:web:12', 'tank/vm@zfs-vm:web:345'];
  const { pid } = spawnSync('true');
  const { zfs } = context.sender;
  for (let bytes = 0; bytes <= snapshots.join('\n').length; bytes++) {
    await journal.write({ host: 'local', zfs, tag: 'zfs-vm:1-a', snapshots, pid, isTaken: true });
    await writeFile(asked, '');
    const cut = { ...context, sender: { host: cutAfter(bytes), zfs } };
    await whileProtected(nothing, cut, () => Promise.resolve());
    const [, tag, ...names] = (await readFile(asked, 'utf8')).trim().split(' ');
    assert.equal(tag, 'zfs-vm:1-a');
    assert.deepEqual(names, bytes > 22 ? snapshots.slice(0, 1) : [], `after ${bytes} bytes`);
  }
});

test('an interrupt waits for a slow release only so long, and cuts it short neither by that nor by closing the host', async (t) => {
  const { asked, context, interrupt } = await makeHeld(t, 1.5);
  const held = whileProtected(nothing, context, () => Promise.resolve());
  interrupt.abort();
  await held;
  await context.sender.host.close();
  assert.equal(await readFile(asked, 'utf8'), '', 'it was waited for');
  while ((await readFile(asked, 'utf8')) === '') await setTimeout(20, undefined, { signal: t.signal });
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
});

/** What a sender is asked for while a plan is run, one command a line, each run's tag left out. */
async function watchSender(
  t: TestContext,
  plan: Plan,
  {
    wantsBookmarks = true,
    zfs = ':',
    work,
  }: {
    readonly wantsBookmarks?: boolean;
    /** A line of shell that is run for each call. */
    readonly zfs?: string;
    readonly work: (run: {
      readonly emit: (event: TransferEvent) => void;
      readonly sleep: (seconds: number) => Promise<void>;
      readonly bookmarks: SourceBookmarks | undefined;
      /** Until so many commands have been asked for; virtual time stands still meanwhile. */
      readonly waitForCommands: (count: number) => Promise<void>;
    }) => Promise<void>;
  },
): Promise<{ asked: string[]; held: number[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-protect-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(`${folder}/asked`, '');
  const sender = {
    host: new LocalHost(),
    zfs: ['sh', '-c', `echo "$@" >> ${folder}/asked; ${zfs}`, 'zfs'],
  };
  const { signal } = new AbortController();
  const bookmarks = wantsBookmarks ? new SourceBookmarks(sender, signal) : undefined;
  const clock = new VirtualClock();
  // Virtual time would run on while commands, which take real time, are waited for.
  let standstill = Promise.resolve();
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  const held: number[] = [];
  const context: ProtectContext = {
    ...{ sender, receivers: [], signal, bookmarks, holdJournal: journal },
    clock: {
      nowMs: () => clock.nowMs,
      sleep: async (delayMs, stop) => {
        await clock.sleep(delayMs, stop);
        await standstill;
      },
    },
    emit: (event) => {
      if (event.kind === 'held') held.push(event.snapshots);
    },
  };
  const sleep = (seconds: number): Promise<void> => clock.sleep(seconds * 1000);
  const readLines = async (): Promise<string[]> =>
    (await readFile(`${folder}/asked`, 'utf8')).trim().split('\n');
  const pollCommands = async (count: number): Promise<void> => {
    while ((await readLines()).length < count) await setTimeout(20, undefined, { signal: t.signal });
  };
  const waitForCommands = (count: number): Promise<void> => (standstill = pollCommands(count));
  await whileProtected(plan, context, (emit) => work({ emit, sleep, bookmarks, waitForCommands }));
  return { asked: (await readLines()).map((line) => line.replace(/zfs-vm:[0-9]+-[0-9a-f]{8} /, '')), held };
}

/** What host a has, to a host b that has something of it. */
function planFor(sender: readonly string[], receiver: readonly string[]): Plan {
  return planTransfer({
    ...{ sender: world(...sender), receiver: world(...receiver) },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false },
  });
}

/** Two images, each a version behind. */
const nextVersions = planFor(['tank/a: a:1 a:2', 'tank/b: b:1 b:2'], ['tank/a: a:1', 'tank/b: b:1']);

/** Something that happens to the first step of a chain. */
function at(plan: Plan, index: number, kind: 'step-started' | 'step-done'): TransferEvent {
  const chain = plan.chains[index];
  assert.ok(chain !== undefined);
  return { kind, chain, step: chain.steps[0], bytes: undefined, seconds: 1 };
}

test('what goes in one short stream each is not held: all bases get their bookmarks in one command', async (t) => {
  const work = (): Promise<void> => Promise.resolve();
  assert.deepEqual(await watchSender(t, nextVersions, { work }), {
    asked: ['program tank - tank/a@zfs-vm:a:1 tank/b@zfs-vm:b:1'],
    held: [],
  });
});

test('what has been sent for long is held, and released in the end', async (t) => {
  const { asked, held } = await watchSender(t, nextVersions, {
    work: async ({ emit, sleep, waitForCommands }) => {
      await waitForCommands(1);
      emit(at(nextVersions, 0, 'step-started'));
      await sleep(25);
    },
  });
  const [, ...others] = asked;
  const ends = 'tank/a@zfs-vm:a:1 tank/a@zfs-vm:a:2';
  assert.deepEqual([others, held], [[`hold ${ends}`, `release ${ends}`], [2]]);
});

test('what has come is not held any more, and gets its bookmark before the run ends, once', async (t) => {
  const { asked } = await watchSender(t, nextVersions, {
    work: async ({ emit, sleep, bookmarks }) => {
      emit(at(nextVersions, 0, 'step-started'));
      await sleep(5);
      emit(at(nextVersions, 0, 'step-done'));
      await sleep(65);
      await bookmarks?.make(['tank/a@zfs-vm:a:2']);
    },
  });
  assert.deepEqual(asked.slice(1), ['program tank - tank/a@zfs-vm:a:2']);
});

test('when all has come, it gets its bookmarks and nothing is held any more, before the run ends', async (t) => {
  const chain = nextVersions.chains[0];
  assert.ok(chain !== undefined);
  const one: Plan = { ...nextVersions, chains: [chain] };
  const { asked } = await watchSender(t, one, {
    work: async ({ emit, sleep, waitForCommands }) => {
      await waitForCommands(1);
      emit(at(one, 0, 'step-started'));
      await sleep(15);
      await waitForCommands(2);
      emit(at(one, 0, 'step-done'));
      // It would wait for ever for a release that comes after it.
      await waitForCommands(4);
    },
  });
  const ends = 'tank/a@zfs-vm:a:1 tank/a@zfs-vm:a:2';
  assert.deepEqual(asked, [
    'program tank - tank/a@zfs-vm:a:1',
    `hold ${ends}`,
    'program tank - tank/a@zfs-vm:a:2',
    `release ${ends}`,
  ]);
});

test('as long as one chain has not come, what is held stays held', async (t) => {
  const { asked } = await watchSender(t, nextVersions, {
    work: async ({ emit, sleep, waitForCommands }) => {
      emit(at(nextVersions, 0, 'step-started'));
      emit(at(nextVersions, 1, 'step-started'));
      await sleep(15);
      await waitForCommands(2);
      emit(at(nextVersions, 0, 'step-done'));
      await sleep(15);
    },
  });
  assert.equal(asked.length, 3);
  assert.match(asked[2] ?? '', /^release /);
});

test('a chain of several streams is held from the start, by its base and its last version', async (t) => {
  const plan = planFor(['tank/a: a:1 a:2 @other a:3 a:4', 'tank/b: b:1 b:2'], ['tank/a: a:1', 'tank/b: b:1']);
  const { asked, held } = await watchSender(t, plan, { work: () => Promise.resolve() });
  const ends = 'tank/a@zfs-vm:a:1 tank/a@zfs-vm:a:4';
  assert.deepEqual(
    new Set(asked),
    new Set([`hold ${ends}`, 'program tank - tank/b@zfs-vm:b:1', `release ${ends}`]),
  );
  assert.deepEqual(held, [2]);
});

/** Four increments, each a stream of its own, as a snapshot that isn't sent lies between them. */
const increments = planFor(['tank/a: a:1 a:2 @x a:3 @y a:4 @z a:5'], ['tank/a: a:1']);

/** Something that happens to a step of the first chain. */
function atStep(plan: Plan, index: number, kind: 'step-started' | 'step-done'): TransferEvent {
  const [chain] = plan.chains;
  const step = chain?.steps[index];
  assert.ok(chain !== undefined && step !== undefined);
  return { kind, chain, step, bytes: undefined, seconds: 1 };
}

test('while a long chain goes on, what it began from is released when what has come of it is held', async (t) => {
  const { asked } = await watchSender(t, increments, {
    wantsBookmarks: false,
    work: async ({ emit, sleep, waitForCommands }) => {
      await waitForCommands(1);
      for (const [index, commands] of [3, 5, 7].entries()) {
        emit(atStep(increments, index, 'step-started'));
        await sleep(60);
        emit(atStep(increments, index, 'step-done'));
        emit(atStep(increments, index + 1, 'step-started'));
        await sleep(15);
        await waitForCommands(commands);
      }
      emit(atStep(increments, 3, 'step-done'));
    },
  });
  const name = (version: number): string => `tank/a@zfs-vm:a:${version}`;
  assert.deepEqual(asked, [
    `hold ${name(1)} ${name(5)}`,
    ...[2, 3, 4].flatMap((version) => [`hold ${name(version)}`, `release ${name(version - 1)}`]),
    `release ${name(5)} ${name(4)}`,
  ]);
});

test('in a short run, holds do not follow what has come', async (t) => {
  const { asked } = await watchSender(t, increments, {
    wantsBookmarks: false,
    work: async ({ emit, sleep, waitForCommands }) => {
      await waitForCommands(1);
      emit(atStep(increments, 0, 'step-started'));
      for (const index of [0, 1, 2, 3]) {
        await sleep(2);
        emit(atStep(increments, index, 'step-done'));
      }
    },
  });
  const ends = 'tank/a@zfs-vm:a:1 tank/a@zfs-vm:a:5';
  assert.deepEqual(asked, [`hold ${ends}`, `release ${ends}`]);
});

test('what a chain began from stays held where what has come can not be', async (t) => {
  const zfs =
    'case "$1 $3" in "hold tank/a@zfs-vm:a:2") echo "cannot hold snapshot: dataset does not exist" >&2; exit 1;; esac';
  const { asked } = await watchSender(t, increments, {
    ...{ wantsBookmarks: false, zfs },
    work: async ({ emit, sleep, waitForCommands }) => {
      await waitForCommands(1);
      emit(atStep(increments, 0, 'step-started'));
      await sleep(20);
      emit(atStep(increments, 0, 'step-done'));
      await sleep(15);
      await waitForCommands(3);
      await sleep(30);
    },
  });
  assert.deepEqual(
    asked.map((line) => line.split(' ')[0]),
    ['hold', 'hold', 'list', 'release'],
  );
});

test('what another chain begins from stays held when one has gone on from it', async (t) => {
  const plan = planFor(['tank/a: a:1 a:2 @x a:3', 'tank/b < tank/a@a:1: b:1 @y b:2'], ['tank/a: a:1']);
  assert.equal(plan.chains.length, 2);
  const { asked } = await watchSender(t, plan, {
    wantsBookmarks: false,
    work: async ({ emit, sleep, waitForCommands }) => {
      await waitForCommands(1);
      emit(atStep(plan, 0, 'step-started'));
      await sleep(20);
      emit(atStep(plan, 0, 'step-done'));
      await sleep(15);
      await waitForCommands(2);
      await sleep(30);
    },
  });
  assert.deepEqual(
    asked.map((line) => line.split(' ')[0]),
    ['hold', 'hold', 'release'],
  );
  assert.equal(asked[1], 'hold tank/a@zfs-vm:a:2');
});

test('what an interrupted stream needs is held from the start', async (t) => {
  const plan = planFor(['tank/a: a:1 a:2'], ['tank/a (partial a:2 since a:1): a:1']);
  assert.equal(plan.chains[0]?.steps[0].kind, 'resume');
  const { asked } = await watchSender(t, plan, { work: () => Promise.resolve() });
  assert.deepEqual(asked, ['hold tank/a@zfs-vm:a:2', 'release tank/a@zfs-vm:a:2']);
});

test('without bookmarks, all bases are held from the start', async (t) => {
  const bases = 'tank/a@zfs-vm:a:1 tank/b@zfs-vm:b:1';
  const without = { wantsBookmarks: false, work: () => Promise.resolve() };
  assert.deepEqual((await watchSender(t, nextVersions, without)).asked, [
    `hold ${bases}`,
    `release ${bases}`,
  ]);
});

test('where only root may run programs, bookmarks are made one by one, and where they are denied, the bases are held', async (t) => {
  const [first, second] = ['tank/a#zfs-vm:a:1', 'tank/b#zfs-vm:b:1'];
  const commands = [
    'program tank - tank/a@zfs-vm:a:1 tank/b@zfs-vm:b:1',
    `bookmark tank/a@zfs-vm:a:1 ${first}`,
    `bookmark tank/b@zfs-vm:b:1 ${second}`,
  ];
  const noProgram = '[ "$1" != program ] || exit 1';
  const allowed = await watchSender(t, nextVersions, { zfs: noProgram, work: () => Promise.resolve() });
  assert.deepEqual(allowed.asked, commands);
  const denied = `${noProgram}; [ "$1" != bookmark ] || { echo "cannot create bookmark: permission denied" >&2; exit 1; }`;
  const bases = 'tank/a@zfs-vm:a:1 tank/b@zfs-vm:b:1';
  const { asked } = await watchSender(t, nextVersions, {
    zfs: denied,
    work: ({ waitForCommands }) => waitForCommands(4),
  });
  assert.deepEqual(asked, [...commands, `hold ${bases}`, `release ${bases}`]);
});

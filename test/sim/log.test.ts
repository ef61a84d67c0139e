import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addLargeVersion, addVersion, expectRun } from './steps.js';

function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  return { world, a, b };
}

interface Told {
  readonly runs: {
    readonly startedAt: string;
    readonly words: string[];
    readonly result: string;
    readonly exitCode: number | null;
    readonly made: string[];
    readonly destroyed: number;
    readonly receivers: {
      host: string;
      versions: number;
      bytes: number;
      conflicts: number;
      error: string | null;
    }[];
    readonly error: string | null;
  }[];
}

async function readLog(world: SimWorld): Promise<Told['runs']> {
  const { stdout } = await expectRun(world, 'a', 'log --json');
  return (JSON.parse(stdout) as Told).runs;
}

test('the log has what runs changed, the newest last, and nothing of those that only looked', async () => {
  const { world, a } = makeWorld();
  assert.match((await expectRun(world, 'a', 'log')).stderr, /^the log is empty/);
  for (const args of ['list', 'plan push b', 'push --dry-run b', 'plan prune --keep-last 1']) {
    await expectRun(world, 'a', args);
  }
  assert.deepEqual(await readLog(world), []);
  await expectRun(world, 'a', 'push b');
  a.pools.write('tank/vm', [3]);
  await expectRun(world, 'a', 'tag vm');
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'a', 'prune --keep-last 1 --yes');
  const { stdout } = await expectRun(world, 'a', 'log');
  const lines = stdout.trimEnd().split('\n').slice(-4);
  assert.match(stdout, /^STARTED \(UTC\) +COMMAND +TIME {2}RESULT +WHAT$/m);
  assert.match(
    lines[0] ?? '',
    /^2024-01-01 \d\d:\d\d {2}push b +[0-9.]+ s {2}done +transferred 1 version, [0-9.]+ KiB$/,
  );
  assert.match(lines[1] ?? '', /tag +[0-9.]+ s {2}done +made web:2$/);
  assert.match(lines[3] ?? '', /prune +[0-9.]+ s {2}done +destroyed 1 snapshot$/);
  assert.equal((await expectRun(world, 'a', 'log -n 2')).stdout.trimEnd().split('\n').length, 3);
});

test('a push with nothing to do, and one that ends with a conflict, are there with how they ended', async () => {
  const { world, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'a', 'push b');
  addVersion(world.machine('a'), 'tank/vm', 'web:2');
  b.pools.write('tank/vm', [9]);
  await expectRun(world, 'a', 'push b', 3);
  const { stdout } = await expectRun(world, 'a', 'log');
  assert.match(stdout, /push b .* done +up to date$/m);
  assert.match(stdout, /push b .* conflict$/m);
  assert.equal((await readLog(world)).at(-1)?.receivers[0]?.conflicts, 1);
});

test('what failed has its error, for each receiver, and -v has the whole command line', async () => {
  const { world, b } = makeWorld();
  world.addMachine('c').unreachable = 'it is off';
  await expectRun(world, 'a', 'push --retries 0 b c', 4);
  const [run] = await readLog(world);
  assert.equal(run?.exitCode, 4);
  assert.equal(run.result, 'no-connection');
  assert.deepEqual(
    run.receivers.map(({ host, versions, error }) => [host, versions, error === null]).sort(),
    [
      ['b', 1, true],
      ['c', 0, false],
    ],
  );
  const { stdout } = await expectRun(world, 'a', 'log -v');
  assert.match(stdout, /^ {4}zfs-vm push --retries 0 b c$/m);
  assert.match(stdout, /^ {4}b: 1 version, [0-9.]+ KiB$/m);
  assert.ok(b.pools.datasets.has('tank/vm'));
});

test('a usage error of a task is there, and one of the words is not', async () => {
  const { world } = makeWorld();
  await expectRun(world, 'a', 'push -n nope b', 2);
  await expectRun(world, 'a', 'push --nope b', 2);
  const runs = await readLog(world);
  assert.deepEqual(
    runs.map(({ result, words }) => [result, words.join(' ')]),
    [['not-started', 'push -n nope b']],
  );
  assert.match(runs[0]?.error ?? '', /nope/);
});

test('a run that goes on is running, and one that was killed is told as that', async () => {
  const { world, a, b } = makeWorld();
  addLargeVersion(a, 'web:2');
  let received = 0;
  b.delayMs = (work) => (work === 'receive' && ++received > 0 ? 10 : 0);
  const run = world.start('a', 'push b');
  while (received < 20) await world.clock.sleep(10);
  assert.match((await expectRun(world, 'a', 'log')).stdout, /push b +running$/m);
  run.kill();
  assert.match((await expectRun(world, 'a', 'log')).stdout, /push b +killed$/m);
});

test('a sync has what it made, sent and destroyed', async () => {
  const { world, a } = makeWorld();
  a.pools.write('tank/vm', [5]);
  await expectRun(world, 'a', 'sync --keep-last 1 b');
  const [run] = await readLog(world);
  assert.deepEqual([run?.made, run?.destroyed, run?.receivers[0]?.versions], [['web:2'], 1, 2]);
});

test('the log says what clone, restore, rename, untag and abort did', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/vm', 'web:2');
  a.pools.create('tank/db');
  addVersion(a, 'tank/db', 'db:1');
  const what = async (args: string): Promise<string> => {
    await expectRun(world, 'a', args);
    const { stdout } = await expectRun(world, 'a', 'log -n 1');
    return /done +(.*)\n$/.exec(stdout)?.[1] ?? stdout;
  };
  assert.equal(await what('clone web:1 tank/x'), 'created tank/x');
  assert.equal(await what('restore web:1'), 'restored web:1 as tank/vm');
  assert.equal(await what('rename web:2 web:3'), 'renamed web:2 to web:3');
  assert.equal(await what('rename web app'), 'renamed web to app');
  assert.equal(await what('untag db:1 --yes'), 'destroyed 1 snapshot');
  assert.equal(await what('abort --yes'), 'nothing to do');
});

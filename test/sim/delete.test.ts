import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf, describeState } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

/** Two hosts that both have an image in so many versions. */
async function makeWorld(versions = 4): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (let version = 1; version <= versions; version++) addVersion(a, 'tank/vm', `web:${version}`);
  await expectRun(world, 'a', 'push b');
  return { world, a, b };
}

function destroy({ pools }: Machine, dataset: string, ...tags: string[]): void {
  pools.destroySnapshots(
    dataset,
    tags.map((tag) => `zfs-vm:${tag}`),
  );
}

test('what the sender no longer has is deleted with --delete, and stays without', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b), 'web:1 web:2 web:3 web:4');
  const { stdout, stderr } = await expectRun(world, 'a', 'push --delete --yes b');
  assert.match(stderr, /^destroy b:tank\/vm@zfs-vm:web:1$/m);
  assert.match(stdout, /^destroyed b:tank\/vm@zfs-vm:web:2$/m);
  assert.match(stdout, /^nothing sent; 2 snapshots deleted$/m);
  assert.equal(versionsOf(b), 'web:3 web:4');
  assert.match((await expectRun(world, 'a', 'push --delete --yes b')).stdout, /^nothing to do/m);
});

test('a pull deletes the same', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  await expectRun(world, 'b', 'pull --delete --yes a');
  assert.equal(versionsOf(b), 'web:3 web:4');
});

test('nothing is deleted unless that is confirmed, and then nothing is sent either', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1');
  addVersion(a, 'tank/vm', 'web:5');
  const state = describeState(b);
  const { stderr } = await expectRun(world, 'a', 'push --delete b', 3);
  assert.match(stderr, /^destroy b:tank\/vm@zfs-vm:web:1$[^]*not confirmed/m);
  assert.equal(describeState(b), state);
});

test('deletes come last, and include what the increments began from if only its bookmark is left', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:4');
  addVersion(a, 'tank/vm', 'web:5');
  const calls: string[] = [];
  b.beforeZfs = ([subcommand = '']) => {
    if (subcommand === 'receive' || subcommand === 'destroy') calls.push(subcommand);
  };
  const { stdout } = await expectRun(world, 'a', 'push --delete --yes b');
  assert.deepEqual(calls, ['receive', 'destroy']);
  assert.match(stdout, /^done: 1 version, .*; 2 snapshots deleted$/m);
  assert.equal(versionsOf(b), 'web:2 web:3 web:5');
  assertHasVersionsOf(b, a);
});

test('when something can not be sent, nothing is deleted', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1');
  addVersion(a, 'tank/vm', 'web:5');
  b.pools.resizePool('tank', 1);
  const { stderr } = await expectRun(world, 'a', 'push --delete --yes b', 1);
  assert.match(stderr, /some of the versions shown were not deleted/);
  assert.equal(versionsOf(b), 'web:1 web:2 web:3 web:4');
});

test('a plan shows what would be deleted, as text, JSON and commands', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  const state = describeState(b);
  const plan = (await expectRun(world, 'a', 'plan push --delete b')).stdout;
  assert.match(plan, /^destroy b:tank\/vm@zfs-vm:web:1$/m);
  const { deletes } = JSON.parse((await expectRun(world, 'a', 'plan push --delete --json b')).stdout) as {
    deletes: { dataset: string; snapshots: { name: string }[] }[];
  };
  assert.deepEqual(
    deletes.map(({ dataset, snapshots }) => [dataset, snapshots.map(({ name }) => name)]),
    [['tank/vm', ['tank/vm@zfs-vm:web:1', 'tank/vm@zfs-vm:web:2']]],
  );
  const commands = (await expectRun(world, 'a', 'plan push --delete --commands b')).stdout;
  assert.match(commands, /zfs destroy tank\/vm@zfs-vm:web:1,zfs-vm:web:2/);
  assert.equal(describeState(b), state);
});

test('what the receiver made itself, what was never tagged and what was not chosen stay', async () => {
  const { world, a, b } = await makeWorld();
  b.pools.snapshot(['tank/vm@mine']);
  addVersion(b, 'tank/vm', 'web:own');
  b.pools.snapshot(['tank/vm@zfs-vm:web:99']);
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  await expectRun(world, 'a', 'push --delete --yes -n web:1 b');
  assert.equal(versionsOf(b), 'web:1 web:2 web:3 web:4 mine web:own web:99');
  await expectRun(world, 'a', 'push --delete --yes -n web:3 b');
  assert.equal(versionsOf(b), 'web:3 web:4 mine web:own web:99');
});

test('a dataset with a conflict loses nothing', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1');
  addVersion(a, 'tank/vm', 'web:5');
  b.pools.write('tank/vm', [1]);
  const state = describeState(b);
  await expectRun(world, 'a', 'push --delete --yes b', 3);
  assert.equal(describeState(b), state);
});

test('what is held or cloned on the receiver stays, and the rest goes', async () => {
  const { world, a, b } = await makeWorld();
  b.pools.hold('mine', 'tank/vm@zfs-vm:web:1');
  b.pools.clone('tank/vm@zfs-vm:web:2', 'tank/copy');
  destroy(a, 'tank/vm', 'web:1', 'web:2', 'web:3');
  await expectRun(world, 'a', 'push --delete --yes b');
  assert.equal(versionsOf(b), 'web:1 web:2 web:4');
});

test('what somebody comes to need after it was shown stays, and what has come to be gone since is not deleted unseen', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  addVersion(a, 'tank/vm', 'web:5');
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'receive') return;
    b.beforeZfs = undefined;
    b.pools.hold('mine', 'tank/vm@zfs-vm:web:1');
    destroy(a, 'tank/vm', 'web:3');
  };
  await expectRun(world, 'a', 'push --delete --yes b');
  assert.equal(versionsOf(b), 'web:1 web:3 web:4 web:5');
});

test('a version of a tree goes as a whole, and a member dataset that is gone on the sender keeps its newest', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  for (const name of ['tank/vm', 'tank/vm/etc', 'tank/vm/old']) a.pools.create(name);
  for (let version = 1; version <= 4; version++) {
    a.pools.snapshot([`tank/vm@zfs-vm:web:${version}`], { recursive: true });
  }
  await expectRun(world, 'a', 'push b');
  a.pools.destroy('tank/vm/old', { recursive: true });
  for (const name of ['tank/vm', 'tank/vm/etc']) destroy(a, name, 'web:1', 'web:2');
  destroy(a, 'tank/vm', 'web:3');
  b.pools.hold('mine', 'tank/vm/etc@zfs-vm:web:1');
  await expectRun(world, 'a', 'push --delete --yes b');
  // The first is held in part, and of the third the sender still has a part.
  assert.equal(versionsOf(b), 'web:1 web:3 web:4');
  assert.equal(versionsOf(b, 'tank/vm/etc'), 'web:1 web:3 web:4');
  assert.equal(versionsOf(b, 'tank/vm/old'), 'web:1 web:3 web:4');
  for (const name of ['tank/vm', 'tank/vm/etc']) {
    addVersion(a, name, 'web:5');
    a.pools.destroySnapshots(name, ['zfs-vm:web:3', 'zfs-vm:web:4']);
  }
  b.pools.release('mine', 'tank/vm/etc@zfs-vm:web:1');
  await expectRun(world, 'a', 'push --delete --yes b');
  assert.equal(versionsOf(b), 'web:5');
  assert.equal(versionsOf(b, 'tank/vm/old'), 'web:4');
});

test('a copy within one machine deletes below its place only', async () => {
  const world = new SimWorld();
  const a = world.addMachine('a');
  a.pools.create('tank/vm');
  for (let version = 1; version <= 3; version++) addVersion(a, 'tank/vm', `web:${version}`);
  await expectRun(world, 'a', 'push -d tank/backup local');
  destroy(a, 'tank/vm', 'web:1');
  await expectRun(world, 'a', 'push --delete --yes -d tank/backup local');
  assert.equal(versionsOf(a, 'tank/backup/vm'), 'web:2 web:3');
  assert.equal(versionsOf(a), 'web:2 web:3');
});

test('a receiver that is lost before the deletes is connected to again, and asked about nothing twice', async () => {
  const { world, a, b } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'destroy') return;
    b.beforeZfs = undefined;
    b.disconnectAll('it is gone');
  };
  const { stdout, stderr } = await expectRun(world, 'a', 'push --delete --yes b');
  assert.match(stderr, /reconnecting/);
  assert.equal(stderr.match(/^destroy b:tank\/vm@zfs-vm:web:1$/gm)?.length, 1);
  assert.match(stdout, /destroyed b:tank\/vm@zfs-vm:web:2|nothing to do/);
  assert.equal(versionsOf(b), 'web:3 web:4');
});

test('--json tells of what is deleted', async () => {
  const { world, a } = await makeWorld();
  destroy(a, 'tank/vm', 'web:1', 'web:2');
  const { stdout } = await expectRun(world, 'a', 'push --delete --yes --json b');
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const names = (event: Record<string, unknown> | undefined): unknown =>
    (event?.['snapshots'] as { name: string }[]).map(({ name }) => name);
  const deleted = events.find(({ event }) => event === 'deleted');
  assert.equal(deleted?.['host'], 'b');
  assert.deepEqual(names(deleted), ['tank/vm@zfs-vm:web:1', 'tank/vm@zfs-vm:web:2']);
  assert.equal(events.at(-1)?.['deleted'], 2);
});

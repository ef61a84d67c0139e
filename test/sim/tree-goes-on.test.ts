import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { expectRun, versionsOf } from './steps.js';

/** a has a tree with a version of the whole. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  for (const name of ['tank/t', 'tank/t/data']) a.pools.create(name);
  await expectRun(world, 'a', 'tag -r -n tree:1 tank/t');
  return { world, a, b };
}

const wholeVersion2 = 'tank/t@zfs-vm:tree:2\ntank/t/data@zfs-vm:tree:2\n';

test('the next version of a tree is one of the whole tree, without -r', async () => {
  const { world } = await makeWorld();
  assert.equal((await expectRun(world, 'a', 'tag tank/t')).stdout, wholeVersion2);
});

test('with --no-recursive it is one of the dataset alone, and so are those after it, until -r', async () => {
  const { world, a } = await makeWorld();
  const alone = await expectRun(world, 'a', 'tag --no-recursive tank/t');
  assert.equal(alone.stdout, 'tank/t@zfs-vm:tree:2\n');
  assert.equal((await expectRun(world, 'a', 'tag tank/t')).stdout, 'tank/t@zfs-vm:tree:3\n');
  a.pools.write('tank/t', [1]);
  assert.match((await expectRun(world, 'a', 'sync b')).stdout, /^tank\/t@zfs-vm:tree:4\n(?!tank)/);
  assert.match((await expectRun(world, 'a', 'tag -r tank/t')).stdout, /^tank\/t\/data@zfs-vm:tree:5$/m);
  assert.match((await expectRun(world, 'a', 'tag tank/t')).stdout, /^tank\/t\/data@zfs-vm:tree:6$/m);
});

test('a version of the top that was made alone by hand ends no tree: tag and sync go on with all of it', async () => {
  for (const command of ['tag tank/t', 'sync b']) {
    const { world, a } = await makeWorld();
    a.pools.snapshot(['tank/t@zfs-vm:tree:2']);
    a.pools.write('tank/t', [1]);
    const { stdout } = await expectRun(world, 'a', command);
    assert.ok(stdout.includes(wholeVersion2.replaceAll('tree:2', 'tree:3')), stdout);
  }
});

test('a tree whose members were all made anew goes on as a tree', async () => {
  const { world, a } = await makeWorld();
  a.pools.destroy('tank/t/data', { recursive: true });
  a.pools.create('tank/t/data');
  assert.ok((await expectRun(world, 'a', 'sync b')).stdout.includes(wholeVersion2));
});

test('a sync after a tag of one member goes on with the whole tree, and everything arrives', async () => {
  const { world, a, b } = await makeWorld();
  const { stderr } = await expectRun(world, 'a', 'tag tank/t/data');
  assert.match(stderr, /tank\/t\/data belongs to the tree tank\/t.*"zfs-vm tag -r tank\/t"/);
  a.pools.write('tank/t', [1]);
  await expectRun(world, 'a', 'sync b');
  assert.equal(versionsOf(a, 'tank/t'), 'tree:1 tree:3');
  assert.equal(versionsOf(a, 'tank/t/data'), 'tree:1 tree:2 tree:3');
  assertHasVersionsOf(b, a);
});

test('a clone of a tree goes on as a tree', async () => {
  const { world } = await makeWorld();
  await expectRun(world, 'a', 'clone tree tank/work');
  const { stdout } = await expectRun(world, 'a', 'tag tank/work');
  assert.equal(stdout, 'tank/work@zfs-vm:tree:2\ntank/work/data@zfs-vm:tree:2\n');
});

test('what lies below a dataset with versions of its own alone belongs to none of them', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/single');
  a.pools.create('tank/single/below');
  await expectRun(world, 'a', 'tag -n single:1 tank/single');
  await expectRun(world, 'a', 'push -n single -d tank/single/below local');
  assert.equal((await expectRun(world, 'a', 'tag tank/single')).stdout, 'tank/single@zfs-vm:single:2\n');
});

test('a name that no version of the dataset has is refused, and nothing is made', async () => {
  const { world, a } = await makeWorld();
  const { stderr } = await expectRun(world, 'a', 'tag -n three:2 tank/t', 2);
  assert.match(
    stderr,
    /three:2 would start the new streamline three on tank\/t, whose newest version is tree:1/,
  );
  assert.match(stderr, /add --new/);
  assert.equal(versionsOf(a, 'tank/t'), 'tree:1');
});

test('with --new, another streamline begins, of the whole tree', async () => {
  const { world } = await makeWorld();
  const { stdout } = await expectRun(world, 'a', 'tag -n other:1 --new tank/t');
  assert.equal(stdout, 'tank/t@zfs-vm:other:1\ntank/t/data@zfs-vm:other:1\n');
});

test('--new without a streamline is refused', async () => {
  const { world } = await makeWorld();
  await expectRun(world, 'a', 'tag -n 7 --new tank/t', 2);
});

test('status and its check tell of a member that the newest version is without', async () => {
  const { world, a } = await makeWorld();
  await world.clock.sleep(5000);
  await expectRun(world, 'a', 'push -d tank/backup local');
  await expectRun(world, 'a', 'push b');
  assert.doesNotMatch((await expectRun(world, 'a', 'status b')).stdout, /without/);
  await expectRun(world, 'a', 'tag --no-recursive tank/t');
  await expectRun(world, 'a', 'push b');
  const { stdout } = await expectRun(world, 'a', 'status b');
  assert.match(stdout, /tank\/t@zfs-vm:tree:2 lacks tank\/t\/data, which tree:1 contains/);
  assert.match(
    (await expectRun(world, 'a', 'status --check b', 1)).stdout,
    /^ZFS-VM WARNING .*tank\/t\/data/,
  );
  await expectRun(world, 'a', 'tag -n data:1 --new tank/t/data');
  await expectRun(world, 'a', 'push b');
  assert.match((await expectRun(world, 'a', 'status --check b')).stdout, /^ZFS-VM OK/);
  assert.equal(versionsOf(a, 'tank/t/data'), 'tree:1 data:1');
});

test('a clone of a version that only a member has is told as that', async () => {
  const { world, a } = await makeWorld();
  await expectRun(world, 'a', 'tag tank/t/data');
  const part = await expectRun(world, 'a', 'clone tree tank/work');
  assert.match(part.stderr, /^warning: tree:2 contains only tank\/t\/data, not the whole tree tank\/t; /m);
  const whole = await expectRun(world, 'a', 'clone tree:1 tank/whole');
  assert.equal(whole.stderr, '');
  assert.ok(a.pools.datasets.has('tank/whole/data'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf, writeWhileRolledBack } from './steps.js';

/** a has an image in three versions, and b nothing. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const version of [1, 2, 3]) addVersion(a, 'tank/vm', `web:${version}`);
  return { world, a, b };
}

test('untag destroys a version when that is confirmed; without a terminal and --yes, it refuses', async () => {
  const { world, a } = makeWorld();
  const state = describeState(a);
  for (const args of ['plan untag web:2', 'untag --dry-run web:2']) {
    const { stdout } = await expectRun(world, 'a', args);
    assert.match(stdout, /^would destroy tank\/vm@zfs-vm:web:2, which frees [0-9.]+ \w+\n$/);
  }
  const { stderr } = await expectRun(world, 'a', 'untag web:2', 3);
  assert.match(stderr, /tank\/vm@zfs-vm:web:2/);
  assert.equal(describeState(a), state);
  const { stdout } = await expectRun(world, 'a', 'untag --yes web:2');
  assert.equal(stdout, 'destroyed tank/vm@zfs-vm:web:2\n');
  assert.equal(versionsOf(a), 'web:1 web:3');
});

test('a version that was made by mistake goes, and the next one gets its name', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'a', 'untag --yes web:3');
  a.pools.write('tank/vm', [9]);
  assert.match((await expectRun(world, 'a', 'tag tank/vm')).stdout, /web:3$/m);
});

test('the newest version that was sent stays, unless it goes there, too; an older one leaves its bookmark', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  const state = describeState(a);
  const { stderr } = await expectRun(world, 'a', 'untag --yes web:3', 3);
  assert.match(
    stderr,
    /web:3 is the newest version of its dataset and was sent[^]*nothing was destroyed[^]*--also-on/,
  );
  assert.equal(describeState(a), state);
  b.pools.renameSnapshot('tank/vm@zfs-vm:web:3', 'tank/vm@zfs-vm:web:33');
  const { stdout } = await expectRun(world, 'a', 'untag --yes --also-on b web:3');
  assert.equal(stdout, 'destroyed b:tank/vm@zfs-vm:web:33\ndestroyed tank/vm@zfs-vm:web:3\n');
  assert.equal(versionsOf(a), 'web:1 web:2');
  assert.equal(versionsOf(b), 'web:1 web:2');
  addVersion(a, 'tank/vm', 'web:3');
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('the base of a host goes, and increments go on from its bookmark', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'untag --yes web:3');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /web:4 .* incremental since .*#zfs-vm:web:3/);
  assertHasVersionsOf(b, a);
});

test('what has clones or is held stays, here and on the other host, and then nothing goes anywhere', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  b.pools.hold('mine', 'tank/vm@zfs-vm:web:2');
  a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/work');
  const states = [a, b].map((machine) => describeState(machine));
  assert.match(
    (await expectRun(world, 'a', 'untag --yes web:1', 3)).stderr,
    /has clones: tank\/work; nothing was destroyed/,
  );
  assert.match(
    (await expectRun(world, 'a', 'untag --yes --also-on b web:2', 3)).stderr,
    /b:tank\/vm@zfs-vm:web:2 is held/,
  );
  assert.deepEqual(
    [a, b].map((machine) => describeState(machine)),
    states,
  );
});

test('a version of a tree goes with all its members', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/vm/disk', { type: 'volume' });
  a.pools.snapshot(['tank/vm@zfs-vm:web:4'], { recursive: true });
  await expectRun(world, 'a', 'untag --yes web:4');
  assert.equal(versionsOf(a), 'web:1 web:2 web:3');
  assert.equal(a.pools.open('tank/vm/disk').snapshots.length, 0);
});

test('a streamline goes with all its versions, and the dataset stays', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/vm', 'other:1');
  const { stdout } = await expectRun(world, 'a', 'untag --yes web');
  assert.equal(stdout.match(/^destroyed tank\/vm@zfs-vm:web:[123]$/gm)?.length, 3);
  assert.equal(versionsOf(a), 'other:1');
});

test('a streamline goes on its copy, too, which goes back to the snapshot that is left', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'a', 'rename web:1 base:1');
  assert.match((await expectRun(world, 'a', 'untag --yes web', 3)).stderr, /web:3 is the newest version/);
  await expectRun(world, 'a', 'untag --yes --also-on b web');
  assert.equal(versionsOf(a), 'base:1');
  assert.equal(versionsOf(b), 'web:1');
  addVersion(a, 'tank/vm', 'web:2');
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('an original is never rolled back, whoever untags its version', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'b', 'pull --no-bookmark a');
  const content = [...a.pools.open('tank/vm').content];
  await expectRun(world, 'b', 'untag --yes --also-on a web:3');
  assert.equal(versionsOf(a), 'web:1 web:2');
  assert.equal(versionsOf(b), 'web:1 web:2');
  assert.deepEqual([...a.pools.open('tank/vm').content], content);
});

test('this machine under another name is no other host', async () => {
  const { world, a } = makeWorld();
  const content = [...a.pools.open('tank/vm').content];
  await expectRun(world, 'a', 'untag --yes --also-on a web:3');
  assert.equal(versionsOf(a), 'web:1 web:2');
  assert.deepEqual([...a.pools.open('tank/vm').content], content);
});

test('a copy of which nothing would be left keeps all', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  const { stderr } = await expectRun(world, 'a', 'untag --yes --also-on b web', 3);
  assert.match(
    stderr,
    /without b:tank\/vm@zfs-vm:web:3, a copy would have no snapshot left; nothing was destroyed/,
  );
  assert.equal(versionsOf(a), versionsOf(b));
  assert.equal(versionsOf(a), 'web:1 web:2 web:3');
});

for (const [args, words] of [
  ['untag nope:1', /nope/],
  ['untag web:9', /9/],
  ['untag wob', /did you mean "web"/],
] as const) {
  test(`"${args}" is a usage error`, async () => {
    const { world } = makeWorld();
    assert.match((await expectRun(world, 'a', args, 2)).stderr, words);
  });
}

test('what is written to a mounted copy while its version is destroyed is not lost', async () => {
  const { world, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  const written = writeWhileRolledBack(b);
  await expectRun(world, 'a', 'untag --yes --also-on b web:3');
  assert.equal(written.count, 0);
  assert.equal(versionsOf(b), 'web:1 web:2');
  assert.ok(b.pools.open('tank/vm').isMounted);
});

test('a copy that is in use, or written to after the question, keeps its version', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  const copy = b.pools.open('tank/vm');
  Object.assign(copy, { isMounted: true, isInUse: true });
  const state = describeState(b);
  assert.match((await expectRun(world, 'a', 'untag --yes --also-on b web:3', 1)).stderr, /busy/);
  assert.equal(describeState(b), state);
  copy.isInUse = false;
  b.beforeZfs = ([subcommand]) => {
    // Between the question and what is done.
    if (subcommand === 'unmount') b.pools.write('tank/vm', [70]);
  };
  const { stderr } = await expectRun(world, 'a', 'untag --yes --also-on b web:3', 1);
  assert.match(stderr, /tank\/vm was written to after the confirmation; nothing of it was destroyed/);
  for (const machine of [a, b]) assert.equal(versionsOf(machine), 'web:1 web:2 web:3');
  assert.ok(copy.isMounted);
});

test('untag that was cut short between two hosts is finished by the same command', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  // The other host comes first, and did it.
  await expectRun(world, 'b', 'untag --yes web:3');
  await expectRun(world, 'a', 'untag --yes --also-on b web:3');
  for (const machine of [a, b]) assert.equal(versionsOf(machine), 'web:1 web:2');
});

test('the newest version goes with its copy on this machine; where that is not here, the message does not say where it is', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'a', 'push -d tank/backup local');
  await expectRun(world, 'a', 'untag --yes web:3');
  for (const name of ['tank/vm', 'tank/backup/vm']) assert.equal(versionsOf(a, name), 'web:1 web:2');
  addVersion(a, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'push -d tank/backup local');
  a.pools.destroy('tank/backup/vm', { recursive: true });
  const { stderr } = await expectRun(world, 'a', 'untag --yes web:4', 3);
  assert.doesNotMatch(stderr, /sent to another host/);
  assert.match(stderr, /if the copy is on another host, /);
});

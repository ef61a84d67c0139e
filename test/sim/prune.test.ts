import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf, describeState } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addLargeVersion, addVersion, expectRun, runAndKill, versionsOf } from './steps.js';

const hourMs = 3_600_000;

/** Two hosts, of which a has an image in so many versions, one an hour. */
async function makeWorld(versions = 5): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (let version = 1; version <= versions; version++) {
    addVersion(a, 'tank/vm', `web:${version}`);
    await world.clock.sleep(hourMs);
  }
  return { world, a, b };
}

test('without --yes, it is shown what is destroyed, and without somebody to ask, nothing is', async () => {
  const { world, a } = await makeWorld();
  const state = describeState(a);
  const { stdout, stderr } = await expectRun(world, 'a', 'prune --keep-last 2', 3);
  assert.match(
    stdout,
    /^would destroy 3 versions on this machine: 3 snapshots of 1 dataset, freeing [0-9.]+ KiB$/m,
  );
  assert.match(stderr, /not confirmed/);
  assert.equal(describeState(a), state);
  await expectRun(world, 'a', 'prune --keep-last 5');
});

test('--dry-run shows what would be destroyed with what it frees, and nothing changes', async () => {
  const { world, a } = await makeWorld();
  const state = describeState(a);
  const { stdout } = await expectRun(world, 'a', 'prune --dry-run --keep-last 2');
  assert.match(stdout, /^web: 3 of 5 versions to destroy$/m);
  assert.match(stdout, /^ {2}destroy {2}1 {2}\d{4}-\d\d-\d\d \d\d:\d\d UTC {2}tank\/vm$/m);
  assert.match(
    stdout,
    /^destroy tank\/vm@zfs-vm:web:1,zfs-vm:web:2,zfs-vm:web:3 {2}frees [1-9][0-9.]* KiB$/m,
  );
  assert.match(stdout, /^would destroy 3 versions on this machine: 3 snapshots of 1 dataset, freeing /m);
  assert.equal(describeState(a), state);
});

test('with -v, it is told what stays, and by which rule', async () => {
  const { world } = await makeWorld();
  const { stdout } = await expectRun(world, 'a', 'plan prune -v --keep-last 2 --keep-within 3h --keep web:1');
  assert.match(stdout, /^ {2}keep {5}1 .* --keep$/m);
  assert.match(stdout, /^ {2}destroy {2}2 /m);
  assert.match(stdout, /^ {2}keep {5}3 .* --keep-within$/m);
  assert.match(stdout, /^ {2}keep {5}5 .* --keep-last; --keep-within; the newest; the newest of tank\/vm$/m);
});

test('with --yes, what no rule keeps is destroyed, and a second time there is nothing to do', async () => {
  const { world, a } = await makeWorld();
  const { stdout } = await expectRun(world, 'a', 'prune --keep-last 2 --yes');
  assert.match(stdout, /^destroyed tank\/vm@zfs-vm:web:1$/m);
  assert.match(stdout, /^done: destroyed 3 snapshots of 1 dataset, freeing /m);
  assert.equal(versionsOf(a), 'web:4 web:5');
  assert.match((await expectRun(world, 'a', 'prune --keep-last 2 --yes')).stdout, /^nothing to destroy$/m);
});

test('another host is pruned over its connection, with sudo if that is asked for', async () => {
  const { world, a } = await makeWorld();
  world.addUser('fjoe', { sudo: 'anything' });
  await expectRun(world, 'b', 'prune --keep-last 3 --yes fjoe@a', 4);
  await expectRun(world, 'b', '-s prune --keep-last 3 --yes fjoe@a');
  assert.equal(versionsOf(a), 'web:3 web:4 web:5');
});

test('only versions that -n chooses go, and the rules count all of their streamline', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/db');
  for (const version of [1, 2]) addVersion(a, 'tank/db', `db:${version}`);
  await expectRun(world, 'a', 'prune -n web:3 --keep-last 4 --yes');
  assert.equal(versionsOf(a), 'web:2 web:3 web:4 web:5');
  assert.equal(versionsOf(a, 'tank/db'), 'db:1 db:2');
  assert.match(
    (await expectRun(world, 'a', 'prune -n nope --keep-last 1', 2)).stderr,
    /no streamline "nope"/,
  );
});

for (const [what, args, message] of [
  ['no rule at all', '--yes', /no retention rules given/],
  ['a rule that keeps none', '--keep-last 0', /not a whole number from 1/],
  ['a number that is too large', '--keep-daily 9999999', /not a whole number from 1 to 999999/],
  ['a time that is none', '--keep-within soon', /not a duration/],
  [
    'a time in which nothing is',
    '--keep-within 0d --yes',
    /"0d" is not a duration\n {2}try: use a whole number from 1/,
  ],
  ['a version that is none', '--keep web', /not a version/],
  ['a version that is not there', '--keep web:99 --yes', /no version web:99/],
] as const) {
  test(`${what} is refused, and nothing goes`, async () => {
    const { world, a } = await makeWorld();
    const state = describeState(a);
    assert.match((await expectRun(world, 'a', `prune ${args}`, 2)).stderr, message);
    assert.equal(describeState(a), state);
  });
}

test('what is held, has a clone, or is the newest of its dataset stays, with the reason, and the rest goes', async () => {
  const { world, a } = await makeWorld();
  a.pools.hold('mine', 'tank/vm@zfs-vm:web:1');
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/copy');
  addVersion(a, 'tank/copy', 'web:6');
  addVersion(a, 'tank/copy', 'web:7');
  const { stdout } = await expectRun(world, 'a', 'prune --keep-last 1 --yes');
  assert.match(stdout, /^ {2}keep {5}1 .*tank\/vm@zfs-vm:web:1 is held/m);
  assert.match(stdout, /^ {2}keep {5}2 .*has clones: tank\/copy$/m);
  assert.match(stdout, /^ {2}keep {5}5 .*the newest of tank\/vm$/m);
  assert.equal(versionsOf(a), 'web:1 web:2 web:5');
  assert.equal(versionsOf(a, 'tank/copy'), 'web:7');
});

test('a version of a tree goes or stays as a whole', async () => {
  const { world, a } = await makeWorld(0);
  a.pools.create('tank/vm/disk', { type: 'volume' });
  for (let version = 1; version <= 4; version++) {
    a.pools.snapshot([`tank/vm@zfs-vm:web:${version}`], { recursive: true });
  }
  a.pools.hold('mine', 'tank/vm/disk@zfs-vm:web:2');
  const { stdout } = await expectRun(world, 'a', 'prune --keep-last 1 --yes');
  assert.match(stdout, /^ {2}destroy {2}1 .* tank\/vm \(\+1\)$/m);
  assert.match(stdout, /^ {2}keep {5}2 .* tank\/vm\/disk@zfs-vm:web:2 is held/m);
  assert.equal(versionsOf(a), 'web:2 web:4');
  assert.equal(versionsOf(a, 'tank/vm/disk'), 'web:2 web:4');
});

test('after a prune, a receiver that lags is brought up to date by an increment from the bookmark', async () => {
  const { world, a, b } = await makeWorld(2);
  await expectRun(world, 'a', 'push b');
  for (const version of [3, 4, 5]) addVersion(a, 'tank/vm', `web:${version}`);
  await expectRun(world, 'a', 'prune --keep-last 2 --yes');
  assert.equal(versionsOf(a), 'web:4 web:5');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /web:4 .* incremental since .*#zfs-vm:web:2/);
  assertHasVersionsOf(b, a);
});

test('the same for a receiver that was up to date when it was first pushed to: the push left a bookmark', async () => {
  const { world, a, b } = await makeWorld(2);
  await expectRun(world, 'a', 'push --no-bookmark b');
  assert.equal(a.pools.open('tank/vm').bookmarks.length, 0);
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /up to date/);
  for (const version of [3, 4, 5]) addVersion(a, 'tank/vm', `web:${version}`);
  await expectRun(world, 'a', 'prune --keep-last 2 --yes');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /web:4 .* incremental since/);
  assertHasVersionsOf(b, a);
});

test('a push that finds nothing to do asks for no bookmark that is there, and for none where it leaves none', async () => {
  const { world, a } = await makeWorld(2);
  await expectRun(world, 'a', 'push --no-bookmark b');
  const asked: string[] = [];
  a.beforeZfs = ([subcommand = '']) => {
    asked.push(subcommand);
  };
  await expectRun(world, 'a', 'push --no-bookmark b');
  assert.deepEqual(asked, ['list', 'list']);
  await expectRun(world, 'a', 'push b');
  assert.deepEqual(asked.splice(0), ['list', 'list', 'list', 'list', 'program']);
  await expectRun(world, 'a', 'push b');
  assert.deepEqual(asked, ['list', 'list']);
});

test('for a named receiver that left no bookmark, one is made before its last common version goes', async () => {
  const { world, a, b } = await makeWorld(2);
  await expectRun(world, 'a', 'push --no-bookmark b');
  for (const version of [3, 4, 5]) addVersion(a, 'tank/vm', `web:${version}`);
  const { stdout } = await expectRun(world, 'a', 'prune --keep-last 2 --receiver b --yes');
  assert.match(stdout, /^bookmark tank\/vm@zfs-vm:web:2, the base for b$/m);
  assert.equal(versionsOf(a), 'web:4 web:5');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /web:4 .* incremental since/);
  assertHasVersionsOf(b, a);
});

test('where that bookmark can not be made, the version stays, and the others go', async () => {
  for (const obstacle of ['taken', 'rights'] as const) {
    const { world, a } = await makeWorld(2);
    await expectRun(world, 'a', 'push --no-bookmark b');
    for (const version of [3, 4, 5]) addVersion(a, 'tank/vm', `web:${version}`);
    if (obstacle === 'taken') a.pools.bookmark('tank/vm@zfs-vm:web:4', 'tank/vm#zfs-vm:web:2');
    world.addUser('zed', { permissions: ['destroy', 'mount'] });
    const status = obstacle === 'taken' ? 0 : 4;
    await expectRun(world, 'b', 'prune --keep-last 2 --receiver local --yes zed@a', status);
    assert.equal(versionsOf(a), 'web:2 web:4 web:5', obstacle);
  }
});

test('a receiver that can not be reached keeps everything', async () => {
  const { world, a, b } = await makeWorld();
  b.unreachable = 'nobody there';
  await expectRun(world, 'a', 'prune --keep-last 1 --receiver b --yes', 4);
  assert.equal(versionsOf(a), 'web:1 web:2 web:3 web:4 web:5');
});

test('what somebody holds at the last moment keeps its dataset, all or nothing, and no other', async () => {
  const { world, a } = await makeWorld(3);
  a.pools.create('tank/db');
  for (const version of [1, 2, 3]) addVersion(a, 'tank/db', `db:${version}`);
  a.beforeZfs = ([subcommand, option]) => {
    if (subcommand !== 'destroy' || option === '-n') return;
    a.beforeZfs = undefined;
    a.pools.hold('mine', 'tank/vm@zfs-vm:web:2');
  };
  const { stdout, stderr } = await expectRun(world, 'a', 'prune --keep-last 1 --yes', 1);
  assert.match(stderr, /zfs destroy of versions of tank\/vm .*tank\/vm@zfs-vm:web:2.*held/s);
  assert.match(stdout, /^incomplete: destroyed 2 snapshots of 1 dataset/m);
  assert.equal(versionsOf(a), 'web:1 web:2 web:3');
  assert.equal(versionsOf(a, 'tank/db'), 'db:3');
});

test('a prune that is interrupted tells what it has destroyed, and the next one does the rest', async () => {
  const { world, a } = await makeWorld(3);
  a.pools.create('tank/db');
  for (const version of [1, 2, 3]) addVersion(a, 'tank/db', `db:${version}`);
  let destroys = 0;
  a.beforeZfs = async ([subcommand, option]) => {
    if (subcommand !== 'destroy' || option === '-n' || ++destroys < 2) return;
    run.interrupt();
    await world.clock.sleep(100);
  };
  const run = world.start('a', 'prune --keep-last 1 --yes');
  const { status, stdout, stderr } = await run.finished;
  a.beforeZfs = undefined;
  assert.equal(status, 130, stdout + stderr);
  assert.match(stdout, /^destroyed tank\/vm@zfs-vm:web:1$/m);
  assert.match(stdout, /^incomplete: destroyed 2 snapshots of 1 dataset/m);
  assert.equal(versionsOf(a), 'web:3');
  assert.equal(versionsOf(a, 'tank/db'), 'db:1 db:2 db:3');
  await expectRun(world, 'a', 'prune --keep-last 1 --yes');
  assert.equal(versionsOf(a, 'tank/db'), 'db:3');
});

test('what an interrupted receive goes on from stays', async () => {
  const { world, a, b } = await makeWorld(2);
  await expectRun(world, 'a', 'push b');
  addLargeVersion(a, 'web:3');
  await runAndKill(world, 'a', 'push b', b);
  // Newer than what the receive goes on from, but somebody else's.
  b.pools.create('tank/other');
  addVersion(b, 'tank/other', 'web:9');
  const { stdout } = await expectRun(world, 'b', 'prune -v --keep-last 1 --yes');
  assert.match(stdout, /^ {2}keep {5}2 .*an interrupted receive at tank\/vm needs tank\/vm@zfs-vm:web:2$/m);
  assert.equal(versionsOf(b), 'web:2');
  // With the receiver named, so does what it has a part of.
  for (const version of [4, 5]) addVersion(a, 'tank/vm', `web:${version}`);
  const sender = await expectRun(world, 'a', 'plan prune -n web:4 --keep-last 1 --receiver b');
  assert.match(sender.stdout, /^ {2}keep {5}3 .*(b has an interrupted receive of|is held)/m);
});

test('--json tells all of it, before and after', async () => {
  const { world } = await makeWorld(3);
  interface Told {
    dryRun: boolean;
    host: string;
    streamlines: {
      name: string;
      versions: { version: string; goes: boolean; reasons: { kind: string }[] }[];
    }[];
    destructions: {
      dataset: string;
      snapshots: { name: string }[];
      reclaimBytes: number;
      destroyed: boolean;
    }[];
  }
  const read = async (args: string): Promise<Told> =>
    JSON.parse((await expectRun(world, 'a', `prune --keep-last 1 --json ${args}`)).stdout) as Told;
  const before = await read('');
  assert.equal(before.dryRun, true);
  assert.deepEqual(
    before.streamlines[0]?.versions.map(({ version, goes }) => [version, goes]),
    [
      ['1', true],
      ['2', true],
      ['3', false],
    ],
  );
  const [destruction] = before.destructions;
  assert.deepEqual(
    destruction?.snapshots.map(({ name }) => name),
    ['tank/vm@zfs-vm:web:1', 'tank/vm@zfs-vm:web:2'],
  );
  assert.ok(destruction.reclaimBytes > 0);
  assert.equal(destruction.destroyed, false);
  const after = await read('--yes');
  assert.deepEqual(after.destructions, [{ ...destruction, destroyed: true }]);
});

test('without rules on the command line, those of the configuration count, and what it names no rule for is left alone', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/db');
  for (const version of [1, 2, 3]) addVersion(a, 'tank/db', `db:${version}`);
  await expectRun(world, 'a', 'prune --yes', 2);
  world.configFiles.set('config.toml', '[retention."w*"]\nkeep-last = 2\n');
  await expectRun(world, 'a', 'prune --yes');
  assert.equal(versionsOf(a), 'web:4 web:5');
  assert.equal(versionsOf(a, 'tank/db'), 'db:1 db:2 db:3');
  await expectRun(world, 'a', 'prune --keep-last 1 --yes');
  assert.equal(versionsOf(a), 'web:5');
  assert.equal(versionsOf(a, 'tank/db'), 'db:3');
});

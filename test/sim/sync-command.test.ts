import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf, describeState } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addLargeVersion, expectRun, versionsOf } from './steps.js';

const hourMs = 3_600_000;

/** Two hosts, of which a has an image in one version, and something written since. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.snapshot(['tank/vm@zfs-vm:web:1']);
  a.pools.write('tank/vm', [1]);
  return { world, a, b };
}

function setConfig(world: SimWorld, text: string): void {
  world.configFiles.set('config.toml', text);
}

test('what has changed becomes a version, which is pushed, and what has not does not', async () => {
  const { world, a, b } = makeWorld();
  const { stdout } = await expectRun(world, 'a', 'sync b');
  assert.match(stdout, /^tank\/vm@zfs-vm:web:2$/m);
  assertHasVersionsOf(b, a);
  const state = describeState(a);
  const second = await expectRun(world, 'a', 'sync -v b');
  assert.match(second.stderr, /no changes since web:2 in tank\/vm/);
  assert.match(second.stdout, /up to date/);
  assert.equal(describeState(a), state);
});

test('of a clone that goes on with a streamline, the clone gets the next version', async () => {
  const { world, a, b } = makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/next');
  a.pools.write('tank/next', [5]);
  await expectRun(world, 'a', 'tag tank/next');
  a.pools.write('tank/next', [6]);
  await expectRun(world, 'a', 'sync b');
  assert.equal(versionsOf(a), 'web:1');
  assert.equal(versionsOf(b, 'tank/next'), 'web:2 web:3');
});

test('copies on this machine get no versions, in whatever pool, and wherever they lie', async () => {
  for (const place of ['usb/backup', 'tank/backup', 'tank/vm/copies']) {
    const { world, a } = makeWorld();
    a.pools.createPool('usb');
    for (const version of [2, 3, 4]) {
      a.pools.write('tank/vm', [version]);
      await expectRun(world, 'a', `sync -d ${place} local`);
      assert.match(versionsOf(a), new RegExp(`web:${version}$`));
    }
    assert.equal(versionsOf(a, `${place}/vm`), 'web:1 web:2 web:3 web:4');
  }
});

test('a copy that kept more versions than its original is still no original', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'sync -d tank/backup local');
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  a.pools.write('tank/vm', [2]);
  await expectRun(world, 'a', 'sync b');
  assert.equal(versionsOf(a), 'web:2 web:3');
  assert.equal(versionsOf(b), 'web:2 web:3');
});

test('what is written to a copy makes no version of it, and is told', async () => {
  const { world, a, b } = makeWorld();
  a.pools.createPool('usb');
  await expectRun(world, 'a', 'sync -d usb/backup local');
  await expectRun(world, 'a', 'sync b');
  // A snapshot of something else hides what was written to the original.
  a.pools.write('tank/vm', [2]);
  a.pools.snapshot(['tank/vm@hourly']);
  a.pools.write('usb/backup/vm', [9]);
  await expectRun(world, 'a', 'sync b');
  assert.equal(versionsOf(a), 'web:1 web:2 hourly web:3');
  const { stderr } = await expectRun(world, 'a', 'sync b');
  assert.doesNotMatch(stderr, /usb/);
  // In step again, and written to.
  await expectRun(world, 'a', 'push --rollback --yes -d usb/backup local');
  a.pools.write('usb/backup/vm', [9]);
  const told = await expectRun(world, 'a', 'sync b', 3);
  assert.match(told.stderr, /tank\/vm has not changed, but its copy usb\/backup\/vm was written to/);
  assert.equal(versionsOf(a, 'usb/backup/vm'), 'web:1 web:2 web:3');
  assert.equal(versionsOf(b), 'web:1 web:2 web:3');
});

test('a streamline that is wanted and can not go on by itself is a conflict in words', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'a', 'tag -n release:1 --new tank/vm');
  a.pools.write('tank/vm', [2]);
  const { stderr } = await expectRun(world, 'a', 'sync -n web b', 3);
  assert.match(
    stderr,
    /no new version of web: tank\/vm@zfs-vm:web:1 now belongs to release:1\n {2}try: select that streamline/,
  );
  await expectRun(world, 'a', 'sync -n w* b');
  await expectRun(world, 'a', 'sync b');
  assert.equal(versionsOf(a), 'web:1 release:1 release:2');
});

test('a tree gets a version of all its members when one of them has changed', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/t');
  a.pools.create('tank/t/x');
  await expectRun(world, 'a', 'tag -r -n tree:1 tank/t');
  await expectRun(world, 'a', 'sync -n tree b');
  assert.equal(versionsOf(b, 'tank/t'), 'tree:1');
  a.pools.write('tank/t/x', [1]);
  await expectRun(world, 'a', 'sync -n tree b');
  for (const dataset of ['tank/t', 'tank/t/x']) assert.equal(versionsOf(b, dataset), 'tree:1 tree:2');
  assert.equal(b.pools.datasets.has('tank/vm'), false);
});

test('what the way out of a conflict needs is not pruned from the host that has the conflict', async () => {
  const { world, a, b } = makeWorld();
  setConfig(world, '[remotes.backup]\nhost = "b"\n[remotes.backup.retention."*"]\nkeep-last = 2\n');
  await expectRun(world, 'a', 'sync backup');
  for (const version of [7, 8, 9]) {
    b.pools.write('tank/vm', [version]);
    b.pools.snapshot([`tank/vm@zfs-vm:web:${version}`]);
  }
  a.pools.write('tank/vm', [3]);
  const { stdout } = await expectRun(world, 'a', 'sync -v backup', 3);
  assert.equal(versionsOf(b), 'web:2 web:8 web:9', stdout);
  await expectRun(world, 'a', 'push --rollback --yes backup');
  assert.equal(versionsOf(b), 'web:2 web:3');
});

test('both sides are pruned, each by its own rules, and a host without any is left alone', async () => {
  const { world, a, b } = makeWorld();
  const c = world.addMachine('c');
  setConfig(
    world,
    '[remotes.backup]\nhost = "b"\n[remotes.backup.retention."*"]\nkeep-last = 3\n[remotes.all]\nhost = "c"\n[retention."*"]\nkeep-last = 2\n',
  );
  for (let hour = 0; hour < 5; hour++) {
    a.pools.write('tank/vm', [hour]);
    await expectRun(world, 'a', 'sync backup all');
    await world.clock.sleep(hourMs);
  }
  assert.equal(versionsOf(a), 'web:5 web:6');
  assert.equal(versionsOf(b), 'web:4 web:5 web:6');
  assert.equal(versionsOf(c), 'web:1 web:2 web:3 web:4 web:5 web:6');
  // The command line's rules are for this machine only.
  await expectRun(world, 'a', 'sync --keep-last 1 backup all');
  assert.equal(versionsOf(a), 'web:6');
  assert.equal(versionsOf(b), 'web:4 web:5 web:6');
});

test('without rules, nothing is destroyed, and no host is asked for more', async () => {
  const { world, a } = makeWorld();
  for (let hour = 0; hour < 3; hour++) {
    a.pools.write('tank/vm', [hour]);
    await expectRun(world, 'a', 'sync b');
  }
  assert.equal(versionsOf(a), 'web:1 web:2 web:3 web:4');
});

test('a host that is away is told, this machine is pruned all the same, and it goes on with increments later', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'sync --keep-last 1 b');
  b.unreachable = 'connection refused';
  for (let hour = 0; hour < 3; hour++) {
    a.pools.write('tank/vm', [hour]);
    const { stderr } = await expectRun(world, 'a', 'sync --keep-last 1 b', 4);
    assert.match(stderr, /connection refused/);
  }
  assert.equal(versionsOf(a), 'web:5');
  b.unreachable = undefined;
  const { stdout } = await expectRun(world, 'a', 'sync --keep-last 1 b');
  assert.match(stdout, /web:5 .* incremental/);
  assert.equal(versionsOf(b), 'web:1 web:2 web:5');
});

test('with --dry-run, it is told what would be done, and nothing is', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'sync b');
  a.pools.write('tank/vm', [3]);
  const state = [describeState(a), describeState(b)];
  const { stdout } = await expectRun(world, 'a', 'sync --dry-run --keep-last 1 b');
  assert.match(stdout, /^would create tank\/vm@zfs-vm:web:3$/m);
  assert.match(stdout, /^pruning local$/m);
  assert.match(stdout, /^ {2}web:3 +incremental since web:2/m);
  assert.match(stdout, /^destroy tank\/vm@zfs-vm:web:1,zfs-vm:web:2 /m);
  assert.match(stdout, /^would destroy 2 versions on this machine: .*[^t]$/m);
  assert.doesNotMatch(stdout, /--yes/);
  assert.deepEqual([describeState(a), describeState(b)], state);
});

test('two runs never work on the same streamline, and a killed one leaves no lock', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/db');
  a.pools.snapshot(['tank/db@zfs-vm:db:1']);
  addLargeVersion(a, 'web:2');
  b.delayMs = (work) => (work === 'receive' ? 1000 : 0);
  const slow = world.start('a', 'sync -n web b');
  await world.clock.sleep(5000);
  const { stderr } = await expectRun(world, 'a', 'sync b', 1);
  assert.match(stderr, /web skipped: another sync is working on it/);
  assert.equal(versionsOf(b, 'tank/db'), 'db:1');
  assert.match((await expectRun(world, 'a', 'sync -n web b', 1)).stderr, /web skipped: another sync/);
  slow.kill();
  b.delayMs = undefined;
  await expectRun(world, 'a', 'sync b');
  assertHasVersionsOf(b, a);
});

test('a streamline that can not be tagged keeps no other from being synced', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/db');
  a.pools.snapshot(['tank/db@zfs-vm:db:1']);
  a.pools.write('tank/db', [1]);
  a.beforeZfs = (words, call) => {
    if (words[0] === 'snapshot' && words.join(' ').includes('tank/vm')) call.process.kill('KILL');
  };
  await expectRun(world, 'a', 'sync b', 1);
  assert.equal(versionsOf(b), 'web:1');
  assert.equal(versionsOf(b, 'tank/db'), 'db:1 db:2');
});

for (const [what, args, words] of [
  ['a streamline that is not there', '-n wed b', /no streamline "wed"/],
  ['a version', '-n web:1 b', /cannot name one[^]*use -n web$/m],
  ['no host', '', /[Nn]ot enough|host/],
  ['this machine without a place', 'local', /needs a destination/],
  ['a kept version that is not there', '--keep web:9 b', /no version web:9/],
  ['a number that is none', '--retries x b', /--retries/],
] as const) {
  test(`${what} is an error, and nothing is done`, async () => {
    const { world, a } = makeWorld();
    const state = describeState(a);
    const { stderr } = await expectRun(world, 'a', `sync ${args}`, 2);
    assert.match(stderr, words);
    assert.equal(describeState(a), state);
  });
}

test('a machine without any version says how to begin', async () => {
  const { world } = makeWorld();
  const { stderr } = await expectRun(world, 'b', 'sync a', 2);
  assert.match(stderr, /no versions on this machine[^]*zfs-vm tag/);
});

test('an image that has moved to another pool, with an older backup beside it, is a conflict in each round until it is tagged', async () => {
  const { world, a, b } = makeWorld();
  a.pools.createPool('fast');
  for (const command of ['sync b', 'push -d tank/backup local', 'push -d fast local']) {
    await world.clock.sleep(100_000);
    await expectRun(world, 'a', command);
  }
  a.pools.destroy('tank/vm', { recursive: true });
  a.pools.write('fast/vm', [2]);
  for (const command of ['sync b', 'sync -n web b', 'sync --dry-run b']) {
    const { stderr } = await expectRun(world, 'a', command, 3);
    assert.match(stderr, /no new version of web: tank\/backup\/vm has not changed, but its copy fast\/vm/);
    assert.match(stderr, /"zfs-vm tag fast\/vm"/);
  }
  await expectRun(world, 'a', 'tag fast/vm');
  a.pools.write('fast/vm', [3]);
  await expectRun(world, 'a', 'sync b');
  assert.equal(versionsOf(a, 'fast/vm'), 'web:1 web:2 web:3 web:4');
  assert.equal(versionsOf(b), 'web:1 web:2 web:3 web:4');
});

test('a copy that was written to as well as the original is told, and the original goes on', async () => {
  const { world, a } = makeWorld();
  a.pools.createPool('usb');
  await expectRun(world, 'a', 'push -d usb/backup local');
  a.pools.write('tank/vm', [2]);
  a.pools.write('usb/backup/vm', [9]);
  const { stderr } = await expectRun(world, 'a', 'sync b');
  assert.match(
    stderr,
    /^warning: web continues in tank\/vm, but its copy usb\/backup\/vm was written to as well/m,
  );
});

test('what --dry-run tells is what is then made, sent and destroyed', async () => {
  const { world, a, b } = makeWorld();
  setConfig(world, '[remotes.c]\nhost = "b"\n[remotes.c.retention."*"]\nkeep-last = 2\n');
  const listAll = (): string[] =>
    [a, b].flatMap(({ pools }) =>
      [...pools.datasets.values()].flatMap(({ name, snapshots }) =>
        snapshots.map((snapshot) => `${pools === a.pools ? 'local' : 'c'}:${name}@${snapshot.name}`),
      ),
    );
  let allDestroyed = 0;
  // The first round makes the copy, and a later one a copy of a clone that is new.
  for (const content of [3, 4, 5, 6]) {
    const before = new Set(listAll());
    const { stdout: told } = await expectRun(world, 'a', 'sync --dry-run --keep-last 2 -d tank/x c');
    assert.deepEqual(new Set(listAll()), before);
    const { stdout: done } = await expectRun(world, 'a', 'sync --keep-last 2 -d tank/x c');
    const after = new Set(listAll());
    const made = [...told.matchAll(/^would create (.*)$/gm)].map(([, name = '']) => `local:${name}`);
    const sent = [...told.matchAll(/^ {2}(\S+:\S+) .*(?:full|incremental|clone)/gm)].map(([, name]) => name);
    const destroyed = [...told.matchAll(/^destroy (\S+)@(\S+) /gm)].flatMap(([, dataset = '', names = '']) =>
      names.split(',').map((name) => `${dataset.includes(':') ? '' : 'local:'}${dataset}@${name}`),
    );
    assert.deepEqual(
      destroyed.filter((name) => before.has(name)).sort(),
      [...before].filter((name) => !after.has(name)).sort(),
    );
    const isNew = (name: string): boolean => after.has(name) && !before.has(name);
    assert.deepEqual(
      made,
      [...after].filter((name) => name.startsWith('local:') && isNew(name)),
    );
    assert.deepEqual(
      sent,
      [...done.matchAll(/^(\S+) +\S+ -> /gm)].map(([, name]) => name),
    );
    assert.ok(sent.length > 0, told);
    allDestroyed += destroyed.length;
    a.pools.write('tank/vm', [content]);
    if (content !== 4) continue;
    a.pools.clone('tank/vm@zfs-vm:web:3', 'tank/next');
    a.pools.write('tank/next', [9]);
    await expectRun(world, 'a', 'tag -n next:1 --new tank/next');
  }
  assert.ok(allDestroyed >= 4, String(allDestroyed));
});

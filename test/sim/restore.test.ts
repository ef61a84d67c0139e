import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSuccess } from '../../src/host/host.js';
import { runCommand } from '../../src/host/run-command.js';
import { isSameContent } from './content.js';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState, snapshotsByGuid } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

/** A host with a mounted image in three versions that was written to since, and another host without anything. */
function makeWorld({ isWritten = true } = {}): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm', { properties: new Map([['compression', 'off']]) });
  for (const version of [1, 2, 3]) addVersion(a, 'tank/vm', `web:${version}`);
  if (isWritten) a.pools.write('tank/vm', [50]);
  a.pools.open('tank/vm').isMounted = true;
  return { world, a, b };
}

function findAside({ pools }: Machine, of = 'tank/vm'): string {
  const name = [...pools.datasets.keys()].find(
    (each) => each.startsWith(`${of}-set-aside-`) && !each.slice(of.length + 1).includes('/'),
  );
  assert.ok(name, [...pools.datasets.keys()].join());
  return name;
}

/** Expects that every snapshot that was there is there, with the same content. */
function keepSnapshots(machine: Machine): () => void {
  const before = snapshotsByGuid(machine);
  return () => {
    const after = snapshotsByGuid(machine);
    for (const [guid, snapshot] of before) {
      const now = after.get(guid);
      assert.ok(now && isSameContent(now.content, snapshot.content), snapshot.fullName);
    }
  };
}

test('a version is restored in place: with its history, properties and mount; what was there is set aside whole', async () => {
  const { world, a } = makeWorld();
  const check = keepSnapshots(a);
  const { content: now } = a.pools.open('tank/vm');
  const { stdout } = await expectRun(world, 'a', 'restore web:2');
  const aside = findAside(a);
  const [first, kept, undo] = stdout.split('\n');
  assert.equal(first, 'restored tank/vm (mounted at /tank/vm) at web:2');
  assert.equal(kept, `kept ${aside} with web:3 and what was written since`);
  assert.match(undo ?? '', /^to undo it, /);
  const restored = a.pools.open('tank/vm');
  assert.equal(versionsOf(a), 'web:1 web:2');
  assert.equal(versionsOf(a, aside), 'web:3');
  assert.ok(isSameContent(restored.content, a.pools.openSnapshot('tank/vm@zfs-vm:web:2').content));
  assert.ok(isSameContent(a.pools.open(aside).content, now));
  assert.deepEqual([restored.isMounted, a.pools.open(aside).isMounted], [true, false]);
  assert.equal(restored.properties.get('compression')?.value, 'off');
  assert.equal(a.pools.open(aside).properties.get('canmount')?.value, 'noauto');
  check();
});

test('the next version follows the newest one that was set aside, and push says how the other host gets it', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'a', 'restore web:2');
  a.pools.write('tank/vm', [7]);
  assert.match((await expectRun(world, 'a', 'tag tank/vm')).stdout, /tank\/vm@zfs-vm:web:4/);
  assert.match((await expectRun(world, 'a', 'push b', 3)).stderr, /--set-aside/);
  await expectRun(world, 'a', 'push --set-aside b');
  assert.equal(versionsOf(b), 'web:1 web:2 web:4');
  assert.match((await expectRun(world, 'a', 'list')).stdout, / 3 .*\(set aside\)/);
});

test('a copy that was moved is found again after a restore', async () => {
  const { world, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  b.pools.rename('tank/vm', 'tank/elsewhere');
  await expectRun(world, 'a', 'restore web:2');
  addVersion(world.machine('a'), 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'push b', 3);
  await expectRun(world, 'a', 'push --rollback --yes b');
  assert.equal(versionsOf(b, 'tank/elsewhere'), 'web:1 web:2 web:4');
  assert.ok(!b.pools.datasets.has('tank/vm'));
});

test('without a version, the newest one is restored; where nothing was written since, nothing is done', async () => {
  const { world } = makeWorld();
  const { stdout } = await expectRun(world, 'a', 'restore web');
  assert.match(stdout, /^restored tank\/vm .* at web:3\nkept .* with what was written since\n/);
  const same = makeWorld({ isWritten: false });
  const state = describeState(same.a);
  const { stdout: nothing } = await expectRun(same.world, 'a', 'restore web');
  assert.match(nothing, /has not changed since; nothing was done/);
  assert.equal(describeState(same.a), state);
});

test('a dataset that does not exist is made, and a plan of either changes nothing', async () => {
  const { world, a } = makeWorld();
  const state = describeState(a);
  for (const args of ['plan restore web:1 tank/old', 'restore --dry-run web:1 tank/old']) {
    assert.equal((await expectRun(world, 'a', args)).stdout, 'would create tank/old as a clone of web:1\n');
  }
  const { stdout } = await expectRun(world, 'a', 'plan restore web:1');
  assert.match(
    stdout,
    /^would restore tank\/vm to web:1; nothing is destroyed\n {2}unmount {2}tank\/vm\n {2}rename {3}tank\/vm to /,
  );
  assert.match(
    stdout,
    /\n {2}promote {2}tank\/vm\n {2}mount {4}tank\/vm\nwould keep .* with web:2, web:3 and what was written since\n$/,
  );
  assert.equal(describeState(a), state);
  assert.match(
    (await expectRun(world, 'a', 'restore web:1 tank/old')).stdout,
    /^cloned web:1 of tank\/vm to tank\/old/,
  );
  assert.equal(a.pools.open('tank/old').origin?.fullName, 'tank/vm@zfs-vm:web:1');
});

test('a tree is restored with all its members, volumes too, and what the version lacks stays aside', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/vm/data');
  a.pools.create('tank/vm/disk', { type: 'volume' });
  a.pools.snapshot(['tank/vm@zfs-vm:web:4'], { recursive: true });
  a.pools.open('tank/vm/data').isMounted = true;
  a.pools.create('tank/vm/later');
  for (const part of ['', '/data', '/disk']) a.pools.write(`tank/vm${part}`, [60]);
  const check = keepSnapshots(a);
  await expectRun(world, 'a', 'restore web:4 tank/vm');
  const aside = findAside(a);
  for (const part of ['', '/data', '/disk']) {
    const restored = a.pools.open(`tank/vm${part}`);
    assert.ok(
      isSameContent(restored.content, a.pools.openSnapshot(`tank/vm${part}@zfs-vm:web:4`).content),
      part,
    );
    assert.equal(a.pools.open(`${aside}${part}`).origin?.fullName, `tank/vm${part}@zfs-vm:web:4`);
  }
  assert.deepEqual(
    [a.pools.open('tank/vm/data').isMounted, a.pools.open('tank/vm/disk').type],
    [true, 'volume'],
  );
  assert.ok(!a.pools.datasets.has('tank/vm/later'));
  assert.ok(a.pools.datasets.has(`${aside}/later`));
  check();
  assert.doesNotMatch((await expectRun(world, 'a', 'list')).stdout, /4 .*set aside/);
});

test('a clone goes back to a version of what it was cloned from, which keeps its history', async () => {
  const { world, a } = makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:3', 'tank/work');
  addVersion(a, 'tank/work', 'web:4');
  assert.match(
    (await expectRun(world, 'a', 'restore web:2', 2)).stderr,
    /2 datasets come from web:2[^]*tank\/vm[^]*tank\/work/,
  );
  await expectRun(world, 'a', 'restore web:2 tank/work');
  assert.equal(a.pools.open('tank/work').origin?.fullName, 'tank/vm@zfs-vm:web:2');
  assert.equal(versionsOf(a), 'web:1 web:2 web:3');
  assert.equal(versionsOf(a, findAside(a, 'tank/work')), 'web:4');
});

test('what is in use stays as it was', async () => {
  const { world, a } = makeWorld();
  a.pools.open('tank/vm').isInUse = true;
  const state = describeState(a);
  const { stderr } = await expectRun(world, 'a', 'restore web:1', 1);
  assert.match(stderr, /cannot restore tank\/vm: .*; tank\/vm is as it was/);
  assert.equal(describeState(a), state);
});

for (const failing of ['rename', 'clone', 'promote', 'set'] as const) {
  test(`where ${failing} fails, all is as it was`, async () => {
    const { world, a } = makeWorld();
    a.pools.create('tank/vm/data');
    a.pools.snapshot(['tank/vm@zfs-vm:web:4'], { recursive: true });
    addVersion(a, 'tank/vm', 'web:5');
    const before = [...snapshotsByGuid(a)].map(([guid, { fullName }]) => `${guid} ${fullName}`).sort();
    let calls = 0;
    // The last one of them that has to work.
    const last = failing === 'rename' ? 1 : 2;
    a.beforeZfs = ([subcommand = '']) => {
      if (subcommand === failing && ++calls === last) a.isZfsDenied = true;
      else a.isZfsDenied = false;
    };
    const { stderr } = await expectRun(world, 'a', 'restore web:4 tank/vm', 4);
    a.beforeZfs = undefined;
    a.isZfsDenied = false;
    assert.match(stderr, /tank\/vm is as it was/);
    const after = [...snapshotsByGuid(a)].map(([guid, { fullName }]) => `${guid} ${fullName}`).sort();
    assert.deepEqual(after, before);
    assert.equal(a.pools.open('tank/vm').isMounted, true);
  });
}

test('what is lost here comes back from another host, mounted, and goes on', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', 'push b');
  a.pools.destroy('tank/vm', { recursive: true });
  const planned = await expectRun(world, 'a', 'plan restore --from b web');
  assert.match(planned.stdout, /web:1/);
  assert.ok(!a.pools.datasets.has('tank/vm'));
  const { stdout } = await expectRun(world, 'a', 'restore --from b web');
  assert.match(stdout, /^restored tank\/vm \(mounted at \/tank\/vm\) at web:3$/m);
  assert.equal(a.pools.open('tank/vm').properties.get('canmount')?.value, 'on');
  assertHasVersionsOf(a, b);
  a.pools.write('tank/vm', [9]);
  await expectRun(world, 'a', 'tag tank/vm');
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('what is lost here comes back to where it belongs, whatever its copy is called and wherever that is', async () => {
  const { world, a, b } = makeWorld({ isWritten: false });
  b.pools.createPool('backup');
  a.pools.create('tank/vm/data');
  a.pools.snapshot(['tank/vm@zfs-vm:web:4'], { recursive: true });
  await expectRun(world, 'a', 'push -d backup b');
  b.pools.rename('backup/vm', 'backup/web-2024');
  a.pools.destroy('tank/vm', { recursive: true });
  const state = describeState(a);
  assert.match((await expectRun(world, 'a', 'restore --from b web', 3)).stderr, /no pool "backup"/);
  assert.match(
    (await expectRun(world, 'a', 'plan restore --from b web tank/vm')).stdout,
    /-> tank\/web-2024$/m,
  );
  assert.equal(describeState(a), state);
  const { stdout } = await expectRun(world, 'a', 'restore --from b web tank/vm');
  assert.match(stdout, /^restored tank\/vm \(mounted at \/tank\/vm\) at web:4/m);
  for (const name of ['tank/vm', 'tank/vm/data']) assert.ok(a.pools.open(name).isMounted);
  assert.ok(!a.pools.datasets.has('tank/web-2024'));
  addVersion(a, 'tank/vm', 'web:5');
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b, 'backup/web-2024'), 'web:1 web:2 web:3 web:4 web:5');
});

test('what is missing comes from another host', async () => {
  const { world, a, b } = makeWorld({ isWritten: false });
  await expectRun(world, 'a', 'push b');
  addVersion(b, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'restore --from b web:4');
  assert.equal(versionsOf(a), 'web:1 web:2 web:3 web:4');
});

for (const [what, args, words] of [
  ['an unknown streamline', 'restore nope', /nope/],
  ['an unknown version', 'restore web:9', /9/],
  ['a dataset that has nothing of it', 'restore web:2 tank', /tank exists and does not come from web:2/],
  ['an option that needs --from', 'restore -d tank/x web:2', /needs --from/],
] as const) {
  test(`${what} is a usage error, and nothing changes`, async () => {
    const { world, a } = makeWorld();
    const state = describeState(a);
    assert.match((await expectRun(world, 'a', args, 2)).stderr, words);
    assert.equal(describeState(a), state);
  });
}

/** Runs the commands that a restore has printed for its undoing, as they stand there. */
async function undo(machine: Machine, stdout: string): Promise<void> {
  const commands = [...stdout.matchAll(/^ {2}(zfs .*)$/gm)].map(([, command = '']) => command);
  assert.ok(commands.length > 0, stdout);
  const host = machine.connect('local');
  for (const command of commands) {
    const { exit, stderr } = await runCommand(host, ['sh', '-c', command]);
    assert.ok(isSuccess(exit), `${command}: ${stderr}`);
  }
}

test('a restore is undone by the commands that it prints, also of a tree', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/vm/data');
  a.pools.create('tank/vm/disk', { type: 'volume' });
  a.pools.snapshot(['tank/vm@zfs-vm:web:4'], { recursive: true });
  a.pools.open('tank/vm/data').isMounted = true;
  for (const part of ['', '/data', '/disk']) a.pools.write(`tank/vm${part}`, [60]);
  a.pools.snapshot(['tank/vm@zfs-vm:web:5'], { recursive: true });
  a.pools.write('tank/vm', [61]);
  const names = ['tank/vm', 'tank/vm/data', 'tank/vm/disk'];
  const look = (): unknown[] =>
    names.map((name) => {
      const { guid, isMounted, content, properties } = a.pools.open(name);
      const role = properties.get('zfs-vm:role')?.value;
      return [guid, isMounted, [...content], role, versionsOf(a, name)];
    });
  const before = look();
  await undo(a, (await expectRun(world, 'a', 'restore web:4 tank/vm')).stdout);
  assert.deepEqual(look(), before);
  assert.ok([...a.pools.datasets.keys()].some((name) => name.startsWith('tank/vm-restored-')));
  assert.ok(![...a.pools.datasets.keys()].some((name) => name.includes('set-aside')));
});

test('a copy whose restore is undone is continued', async () => {
  const { world, a, b } = makeWorld({ isWritten: false });
  await expectRun(world, 'a', 'push b');
  await undo(b, (await expectRun(world, 'b', 'restore web:2')).stdout);
  addVersion(a, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('what was restored, and has not changed since, is not set aside once more', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/disk', { type: 'volume' });
  for (const version of [1, 2]) addVersion(a, 'tank/disk', `disk:${version}`);
  a.pools.clone('tank/disk@zfs-vm:disk:2', 'tank/work');
  addVersion(a, 'tank/work', 'disk:3');
  for (const name of ['work', 'disk']) await expectRun(world, 'a', `restore disk:1 tank/${name}`);
  const state = describeState(a);
  for (const name of ['work', 'disk']) {
    const { stdout } = await expectRun(world, 'a', `restore disk:1 tank/${name}`);
    assert.match(stdout, /has not changed since; nothing was done/);
  }
  assert.equal(describeState(a), state);
});

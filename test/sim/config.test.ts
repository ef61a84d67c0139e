import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { expectRun } from './steps.js';

/** Two hosts, of which a has a version, and knows b as a remote. */
function makeWorld(remote: string): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/web');
  a.pools.snapshot(['tank/web@zfs-vm:web:1']);
  world.configFiles.set('config.toml', `[remotes.backup]\n${remote}\n[groups]\nall = ["backup"]\n`);
  return { world, a, b };
}

test('a push to a remote goes to its host and its place, and calls it by its short name', async () => {
  const { world, b } = makeWorld('host = "root@b"\ndest = "tank/backup"');
  const { stdout } = await expectRun(world, 'a', 'push backup');
  assert.ok(b.pools.datasets.has('tank/backup/web'));
  assert.match(stdout, /backup/);
  assert.doesNotMatch(stdout, /root@b/);
});

test('the place on the command line wins', async () => {
  const { world, b } = makeWorld('host = "b"\ndest = "tank/backup"');
  await expectRun(world, 'a', 'push -d tank/other backup');
  assert.ok(b.pools.datasets.has('tank/other/web'));
  assert.ok(!b.pools.datasets.has('tank/backup'));
});

test('a pull from a remote does not use its place', async () => {
  const { world, b } = makeWorld('host = "a"\ndest = "tank/backup"');
  await expectRun(world, 'b', 'pull backup');
  assert.ok(b.pools.datasets.has('tank/web'));
});

test('zfs is run through sudo on a remote that wants it, unless the command line forbids it', async () => {
  const { world } = makeWorld('host = "fjoe@b"\nsudo = true');
  world.addUser('fjoe', { sudo: 'anything' });
  await expectRun(world, 'a', 'push --no-sudo backup', 4);
  await expectRun(world, 'a', '--no-sudo push backup', 4);
  await expectRun(world, 'a', 'push backup');
});

test('-s goes for a remote, too', async () => {
  const { world } = makeWorld('host = "fjoe@b"\nsudo = false');
  world.addUser('fjoe', { sudo: 'anything' });
  await expectRun(world, 'a', '-s push backup');
});

test('the rate of a remote goes for what is sent there, unless the command line says another', async () => {
  const { world, a } = makeWorld('host = "b"\nbwlimit = "10K"');
  const blocks = Array.from({ length: 100 }, (_, block) => block);
  const push = async (version: number, args: string): Promise<number> => {
    a.pools.write('tank/web', blocks);
    a.pools.snapshot([`tank/web@zfs-vm:web:${version}`]);
    const beganAtMs = world.clock.nowMs;
    await expectRun(world, 'a', args);
    return world.clock.nowMs - beganAtMs;
  };
  const slow = await push(2, 'push backup');
  const fast = await push(3, 'push --bwlimit 10M backup');
  assert.ok(slow > 30_000 && fast < 5000, `${slow} ms and ${fast} ms`);
});

test('a host that is no remote is an address, as ever', async () => {
  const { world } = makeWorld('host = "nowhere"');
  const { stdout } = await expectRun(world, 'a', 'list root@b');
  assert.equal(stdout, '');
});

test('list asks a remote by its short name', async () => {
  const { world } = makeWorld('host = "root@b"');
  assert.match((await expectRun(world, 'a', 'list backup')).stderr, /^no versions on backup$/m);
});

test('a group is no host', async () => {
  const { world } = makeWorld('host = "b"');
  const { stderr } = await expectRun(world, 'a', 'list all', 2);
  assert.match(stderr, /all is a group of hosts, but one host is needed/);
  assert.match(stderr, /try: use one of its members: backup/);
});

test('another file takes the place of the usual one, before the command and after it', async () => {
  const { world } = makeWorld('host = "nowhere"');
  world.configFiles.set('mine.toml', '[remotes.mine]\nhost = "b"\n');
  await expectRun(world, 'a', 'list --config mine.toml mine');
  await expectRun(world, 'a', '--config mine.toml list mine');
});

test('a configuration with a fault stops every command before anything runs, with file and line', async () => {
  const { world, a } = makeWorld('hots = "b"');
  a.beforeZfs = () => assert.fail('zfs was run');
  for (const args of ['list', 'push b', 'tag tank/web', 'abort']) {
    const { stderr } = await expectRun(world, 'a', args, 2);
    assert.match(
      stderr,
      /^zfs-vm: config\.toml:2: the remote "backup": unknown key "hots"; known keys: host, dest, /,
    );
  }
});

test('a push to a group goes to each of its remotes, under its own place, and is summed up by their names', async () => {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  world.configFiles.set(
    'config.toml',
    `[remotes.near]
    host = "root@b"
    dest = "tank/near"
    [remotes.far]
    host = "root@c"
    [groups]
    all = ["near", "far"]`,
  );
  a.pools.create('tank/vm');
  a.pools.snapshot(['tank/vm@zfs-vm:web:1']);
  for (const host of [b, c]) host.pools.create('tank/other');
  const { stdout } = await expectRun(world, 'a', 'push all');
  assert.match(stdout, /^near +1 /m);
  assert.match(stdout, /^far +1 /m);
  assert.ok(b.pools.datasets.has('tank/near/vm'));
  assert.ok(c.pools.datasets.has('tank/vm'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, killAt, versionsOf } from './steps.js';

/** a has an image in three versions, which b has, too. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const version of [1, 2, 4]) addVersion(a, 'tank/vm', `web:${version}`);
  await expectRun(world, 'a', 'push b');
  return { world, a, b };
}

test('a streamline is renamed here and on another host, and goes on', async () => {
  const { world, a, b } = await makeWorld();
  const state = describeState(a);
  assert.match(
    (await expectRun(world, 'a', 'plan rename web site')).stdout,
    /^would rename tank\/vm@zfs-vm:web:1 to @zfs-vm:site:1$/m,
  );
  assert.equal(describeState(a), state);
  const { stdout } = await expectRun(world, 'a', 'rename --also-on b web site');
  assert.match(stdout, /^renamed b:tank\/vm@zfs-vm:web:4 to @zfs-vm:site:4$/m);
  for (const machine of [a, b]) assert.equal(versionsOf(machine), 'site:1 site:2 site:4');
  a.pools.write('tank/vm', [7]);
  await expectRun(world, 'a', 'tag tank/vm');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /site:5 .* incremental/);
  assertHasVersionsOf(b, a);
});

test('where a streamline is renamed here only, pushes go on all the same', async () => {
  const { world, a, b } = await makeWorld();
  await expectRun(world, 'a', 'rename web site');
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'site:5');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /site:5 .* incremental/);
  assert.equal(versionsOf(b), 'web:1 web:2 web:4 site:5');
  assertHasVersionsOf(b, a);
  // Later, the other host follows.
  await expectRun(world, 'a', 'rename --also-on b site page');
  assert.equal(versionsOf(b), 'page:1 page:2 page:4 page:5');
});

test('a version is renamed to one that keeps its place', async () => {
  const { world, a } = await makeWorld();
  await expectRun(world, 'a', 'rename web:4 web:3');
  assert.equal(versionsOf(a), 'web:1 web:2 web:3');
  const state = describeState(a);
  assert.match(
    (await expectRun(world, 'a', 'rename web:1 web:7', 3)).stderr,
    /comes before web:2[^]*nothing was renamed/,
  );
  assert.match((await expectRun(world, 'a', 'rename web:3 web:1.0.0', 3)).stderr, /comes after web:2/);
  assert.match((await expectRun(world, 'a', 'rename web:3 web:2', 3)).stderr, /tank\/vm@zfs-vm:web:2 has it/);
  assert.equal(describeState(a), state);
});

test('what is held keeps all from being renamed, on any host', async () => {
  const { world, a, b } = await makeWorld();
  b.pools.hold('mine', 'tank/vm@zfs-vm:web:2');
  const states = [a, b].map((machine) => describeState(machine));
  assert.match(
    (await expectRun(world, 'a', 'rename --also-on b web site', 3)).stderr,
    /b:tank\/vm@zfs-vm:web:2 is held/,
  );
  assert.deepEqual(
    [a, b].map((machine) => describeState(machine)),
    states,
  );
});

test('members of a tree, and a rename that was cut short, are renamed', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/vm/data');
  a.pools.snapshot(['tank/vm@zfs-vm:web:5'], { recursive: true });
  a.pools.renameSnapshot('tank/vm@zfs-vm:web:1', 'tank/vm@zfs-vm:site:1');
  await expectRun(world, 'a', 'rename web site');
  assert.equal(versionsOf(a), 'site:1 site:2 site:4 site:5');
  assert.equal(versionsOf(a, 'tank/vm/data'), 'site:5');
});

for (const [args, words] of [
  ['rename nope site', /nope/],
  ['rename web site:1', /a streamline cannot become a version/],
  ['rename web si@te', /si@te/],
] as const) {
  test(`"${args}" is a usage error`, async () => {
    const { world } = await makeWorld();
    assert.match((await expectRun(world, 'a', args, 2)).stderr, words);
  });
}

test('a rename of a tree that was interrupted is finished, or undone, by the next', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/tree');
  a.pools.create('tank/tree/etc');
  a.pools.snapshot(['tank/tree@zfs-vm:tr:1'], { recursive: true });
  a.pools.renameSnapshot('tank/tree@zfs-vm:tr:1', 'tank/tree@zfs-vm:x:1');
  const names = (): string => `${versionsOf(a, 'tank/tree')} ${versionsOf(a, 'tank/tree/etc')}`;
  await expectRun(world, 'a', 'rename tr x');
  assert.equal(names(), 'x:1 x:1');
  a.pools.renameSnapshot('tank/tree/etc@zfs-vm:x:1', 'tank/tree/etc@zfs-vm:tr:1');
  await expectRun(world, 'a', 'rename x tr');
  assert.equal(names(), 'tr:1 tr:1');
});

test('two images do not become one streamline', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/spare');
  addVersion(a, 'tank/spare', 'other:7');
  const { stderr } = await expectRun(world, 'a', 'rename other web', 3);
  assert.match(stderr, /tank\/spare@zfs-vm:other:7 cannot get that name: .* is of another image/);
  await expectRun(world, 'a', 'rename other:7 web', 3);
  assert.equal(versionsOf(a, 'tank/spare'), 'other:7');
});

test('a version with a slip in its name gets that of its image', async () => {
  const { world, a } = await makeWorld();
  addVersion(a, 'tank/vm', 'wbe:9');
  await expectRun(world, 'a', 'rename wbe web');
  assert.match(versionsOf(a), /web:9$/);
});

test('an image that lies below another one does not become a part of it', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/vm/data');
  addVersion(a, 'tank/vm/data', 'db:1');
  const { stderr } = await expectRun(world, 'a', 'rename db web', 3);
  assert.match(stderr, /db:1 cannot get that name: tank\/vm@zfs-vm:web:1 has it, and is another snapshot/);
  await expectRun(world, 'a', 'rename db:1 web:9', 3);
  assert.equal(versionsOf(a, 'tank/vm/data'), 'db:1');
});

test('a tree that is renamed here only can be renamed back on both', async () => {
  const { world, a, b } = await makeWorld();
  a.pools.create('tank/tree');
  a.pools.create('tank/tree/etc');
  a.pools.snapshot(['tank/tree@zfs-vm:tr:1'], { recursive: true });
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'a', 'rename tr x');
  await expectRun(world, 'a', 'rename --also-on b x tr');
  for (const machine of [a, b]) assert.equal(versionsOf(machine, 'tank/tree/etc'), 'tr:1');
});

for (const [from, to] of [
  ['web', 'site'],
  ['web:4', 'web:5'],
] as const) {
  test(`a rename of ${from} that is killed between two hosts is finished by the same command`, async () => {
    const { world, a, b } = await makeWorld();
    await killAt(world, b, 'rename', `rename --also-on b ${from} ${to}`);
    await expectRun(world, 'a', `rename --also-on b ${from} ${to}`);
    assert.equal(versionsOf(a), versionsOf(b));
    assert.match(versionsOf(a), to === 'site' ? /^site:1 site:2 site:4$/ : /web:5$/);
  });

  test(`where ${from} is renamed here only, --also-on brings the other host in line`, async () => {
    const { world, a, b } = await makeWorld();
    await expectRun(world, 'a', `rename ${from} ${to}`);
    await expectRun(world, 'a', `rename --also-on b ${from} ${to}`);
    assert.equal(versionsOf(b), versionsOf(a));
    assert.match(
      (await expectRun(world, 'a', `rename --also-on b ${from} ${to}`, 2)).stderr,
      /no (streamline|version)/,
    );
  });
}

test('a version of a tree is renamed whole, so that a rename of its copy that was interrupted is finished by the same command', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  for (const name of ['tank/t', 'tank/t/x', 'tank/t/y']) a.pools.create(name);
  for (const version of [1, 2]) a.pools.snapshot([`tank/t@zfs-vm:tr:${version}`], { recursive: true });
  await expectRun(world, 'a', 'push b');
  let calls = 0;
  b.beforeZfs = ([subcommand]) => {
    b.isZfsDenied = subcommand === 'rename' && ++calls === 2;
  };
  await expectRun(world, 'b', 'rename tr z', 4);
  b.beforeZfs = undefined;
  b.isZfsDenied = false;
  await expectRun(world, 'b', 'rename tr z');
  for (const name of ['tank/t', 'tank/t/x', 'tank/t/y']) assert.equal(versionsOf(b, name), 'z:1 z:2');
});

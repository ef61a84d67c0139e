import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun } from './steps.js';

/** a has an image in two versions, of which b has the first; c has nothing. Both are remotes. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine; c: Machine }> {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  world.configFiles.set(
    'config.toml',
    '[remotes.near]\nhost = "b"\ndest = "tank/copy"\n[remotes.far]\nhost = "root@c"\n',
  );
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  await expectRun(world, 'a', 'push near');
  addVersion(a, 'tank/vm', 'web:2');
  return { world, a, b, c };
}

test('show shows a version on this machine only: when it was made, its GUID, holds, clones and note', async () => {
  const { world, a, b } = await makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/work');
  a.pools.hold('mine', 'tank/vm@zfs-vm:web:1');
  a.pools.set('tank/vm@zfs-vm:web:1', new Map([['zfs-vm:note', 'with nginx']]));
  let asked = 0;
  b.beforeZfs = () => {
    asked++;
  };
  const { guid } = a.pools.openSnapshot('tank/vm@zfs-vm:web:1');
  const { stdout } = await expectRun(world, 'a', 'show web:1');
  assert.match(stdout, /^web:1 {2}one of 2 versions\ncreated {2}2024-01-01 00:0\d UTC, \d+ s ago\n/);
  assert.match(stdout, new RegExp(`^GUID {5}${guid}\nnote {5}with nginx\n\nHOST `, 'm'));
  assert.match(stdout, /^local {2}tank\/vm +[0-9.]+ [KM]iB +[0-9.]+ [KM]iB {2}tank\/work {2}mine$/m);
  assert.equal(asked, 0);
});

test('without a version, it is the newest one', async () => {
  const { world } = await makeWorld();
  assert.match((await expectRun(world, 'a', 'show web')).stdout, /^web:2 {2}the newest of 2 versions\n/);
});

test('--remotes asks all remotes, which have it under other names, or have not', async () => {
  const { world, a, b, c } = await makeWorld();
  const before = [a, b, c].map((machine) => describeState(machine));
  const { stdout } = await expectRun(world, 'a', 'show --remotes web:1');
  assert.match(stdout, /^near +tank\/copy\/vm +[0-9.]+ KiB/m);
  assert.match(stdout, /^far +- +no version of web$/m);
  assert.match(
    (await expectRun(world, 'a', 'show web near')).stdout,
    /^near +- +not there; the newest is 1$/m,
  );
  assert.deepEqual(
    [a, b, c].map((machine) => describeState(machine)),
    before,
  );
});

test('copies are found by GUID: a renamed snapshot is, and another one of the same name is marked', async () => {
  const { world, b } = await makeWorld();
  b.pools.renameSnapshot('tank/copy/vm@zfs-vm:web:1', 'tank/copy/vm@kept');
  b.pools.create('tank/other');
  addVersion(b, 'tank/other', 'web:1');
  const { stdout } = await expectRun(world, 'a', 'show web:1 near');
  assert.match(stdout, /^near +tank\/copy\/vm .* {2}renamed to @kept$/m);
  assert.match(stdout, /^near +tank\/other .* {2}another snapshot of that name$/m);
});

test('a version that only another host has is shown from there', async () => {
  const { world, a } = await makeWorld();
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  const { stdout } = await expectRun(world, 'a', 'show web:1 near');
  assert.match(stdout, /^web:1 {2}the newest of 1 version\n/);
  assert.match(stdout, /^local +- .*not there; the newest is 2$/m);
});

test('a tree is one line with sums, and -v shows its members', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/vm/data');
  a.pools.snapshot(['tank/vm@zfs-vm:web:3'], { recursive: true });
  assert.match((await expectRun(world, 'a', 'show web')).stdout, /^local {2}tank\/vm \(\+1\) /m);
  const { stdout } = await expectRun(world, 'a', 'show -v web');
  assert.match(stdout, /^ {7}tank\/vm@zfs-vm:web:3 /m);
  assert.match(stdout, /^ {7}tank\/vm\/data@zfs-vm:web:3 /m);
});

test('a host that can not be asked has its line, and its status', async () => {
  const { world, c } = await makeWorld();
  c.unreachable = 'it is off';
  const { stdout, stderr } = await expectRun(world, 'a', 'show --remotes web', 4);
  assert.match(stdout, /^local +tank\/vm /m);
  assert.match(stdout, /^far +- +not reached$/m);
  assert.match(stderr, /far/);
});

test('--json has it all', async () => {
  const { world } = await makeWorld();
  interface Told {
    version: string;
    newest: boolean;
    guid: string;
    hosts: {
      host: string;
      newest: string | null;
      places: { same: boolean; snapshots: { name: string }[] }[];
    }[];
  }
  const { stdout } = await expectRun(world, 'a', 'show --json --remotes web:1');
  const told = JSON.parse(stdout) as Told;
  assert.deepEqual([told.version, told.newest], ['1', false]);
  assert.deepEqual(
    told.hosts.map(({ host, newest, places }) => [
      host,
      newest,
      places.map(({ snapshots }) => snapshots[0]?.name),
    ]),
    [
      ['local', '2', ['tank/vm@zfs-vm:web:1']],
      ['near', '1', ['tank/copy/vm@zfs-vm:web:1']],
      ['far', null, []],
    ],
  );
});

for (const [args, words] of [
  ['show nope', /no streamline "nope"/],
  ['show web:9', /no version 9 of web/],
  ['show nope near', /no version nope on local, near/],
  ['show --config empty.toml --remotes web', /no remotes are configured/],
] as const) {
  test(`"${args}" is a usage error`, async () => {
    const { world } = await makeWorld();
    world.configFiles.set('empty.toml', '');
    assert.match((await expectRun(world, 'a', args, 2)).stderr, words);
  });
}

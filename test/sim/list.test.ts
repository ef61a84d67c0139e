import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun } from './steps.js';

/** A host with two images. */
function makeWorld(): SimWorld {
  const world = new SimWorld();
  const a = world.addMachine('a');
  for (const [dataset, name] of [
    ['tank/vm', 'web'],
    ['tank/db', 'db'],
  ] as const) {
    a.pools.create(dataset);
    for (const version of [1, 2]) addVersion(a, dataset, `${name}:${version}`);
  }
  return world;
}

test('list -n lists the streamlines that fit, up to a version if one is named', async () => {
  const world = makeWorld();
  const { stdout } = await expectRun(world, 'a', 'list -n d*');
  assert.match(stdout, /^db {2}2 versions$/m);
  assert.doesNotMatch(stdout, /web/);
  assert.match((await expectRun(world, 'a', 'list -n web:1')).stdout, /^web {2}1 version$/m);
});

test('list -n refuses what fits nothing, here and on another host', async () => {
  const world = makeWorld();
  world.addMachine('b');
  assert.match((await expectRun(world, 'a', 'list -n nope', 2)).stderr, /no streamline "nope"/);
  assert.match((await expectRun(world, 'b', 'list -n nope a', 2)).stderr, /no streamline "nope"/);
  assert.match((await expectRun(world, 'a', 'list -n web:9', 2)).stderr, /no version 9 of web/);
});

test('of a streamline that there is none of, the nearest one is told', async () => {
  const world = makeWorld();
  assert.match((await expectRun(world, 'a', 'list -n wbe', 2)).stderr, /"wbe".*; did you mean "web"\?$/m);
  assert.match((await expectRun(world, 'a', 'show wbe', 2)).stderr, /"wbe".*; did you mean "web"\?$/m);
  assert.doesNotMatch((await expectRun(world, 'a', 'list -n other', 2)).stderr, /did you mean/);
});

test('list -H prints no titles and tabs, and -p exact numbers', async () => {
  const world = makeWorld();
  const { stdout } = await expectRun(world, 'a', 'list -Hpn web:1');
  const [line = '', ...others] = stdout.trimEnd().split('\n');
  assert.deepEqual(others, []);
  const fields = line.split('\t');
  assert.deepEqual(fields.slice(0, 4), ['web', '1', 'tank/vm', '0']);
  assert.match(fields.slice(4, 7).join(' '), /^17040672[0-9]{2} [0-9]+ [0-9]+$/);
  assert.deepEqual(fields.slice(7), ['-', '-', '-']);
  const { stdout: exact } = await expectRun(world, 'a', 'list -p -n web:1');
  assert.match(
    exact,
    /^ {2}VERSION {2}CREATED +SIZE {2}DATASET\n +1 {2}17040672[0-9]{2} +[0-9]+ {2}tank\/vm$/m,
  );
});

test('the times of a table say that they are UTC', async () => {
  assert.match((await expectRun(makeWorld(), 'a', 'list')).stdout, /^ {2}VERSION {2}CREATED \(UTC\) /m);
});

test('--json goes with neither', async () => {
  assert.match((await expectRun(makeWorld(), 'a', 'list --json -H', 2)).stderr, /--json does not go with -H/);
});

/** An image with clones, one of which has versions, and one of another streamline. */
function makeLineages(): SimWorld {
  const world = makeWorld();
  const a = world.machine('a');
  a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/one');
  addVersion(a, 'tank/one', 'web:3');
  a.pools.clone('tank/one@zfs-vm:web:3', 'tank/deep');
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/two');
  addVersion(a, 'tank/two', 'app:1');
  a.pools.create('tank/db/data');
  a.pools.snapshot(['tank/db@zfs-vm:db:3'], { recursive: true });
  return world;
}

test('list --tree draws clones below what they were cloned from, and members of a tree with their root', async () => {
  const { stdout } = await expectRun(makeLineages(), 'a', 'list --tree');
  assert.equal(
    stdout,
    [
      'tank/db (+1)  db: 1 2 3',
      'tank/vm  web: 1 2',
      '├─ from web:1: tank/one  web: 3',
      '│  └─ from web:3: tank/deep  (no versions)',
      '└─ from web:2: tank/two  app: 1',
      '',
    ].join('\n'),
  );
});

test('list --tree draws clones of and in a tree, but those of a tree that was cloned as a whole only as its root', async () => {
  const world = makeWorld();
  const { pools } = world.machine('a');
  for (const name of ['tank/app', 'tank/app/data']) pools.create(name);
  pools.snapshot(['tank/app@zfs-vm:app:1'], { recursive: true });
  pools.clone('tank/app/data@zfs-vm:app:1', 'tank/app/dev');
  pools.clone('tank/app/data@zfs-vm:app:1', 'tank/beside');
  pools.clone('tank/app@zfs-vm:app:1', 'tank/whole');
  pools.clone('tank/app/data@zfs-vm:app:1', 'tank/whole/data');
  pools.snapshot(['tank/app@zfs-vm:app:2'], { recursive: true });
  pools.snapshot(['tank/whole@zfs-vm:whole:1'], { recursive: true });
  const { stdout } = await expectRun(world, 'a', 'list --tree -n app -n whole');
  assert.equal(
    stdout,
    [
      'tank/app (+2)  app: 1 2',
      '└─ from app:1: tank/whole (+1)  whole: 1',
      'tank/app/data  app: 1 2',
      '├─ from app:1: tank/app/dev  app: 2',
      '└─ from app:1: tank/beside  (no versions)',
      '',
    ].join('\n'),
  );
});

test('list --tree shows what the chosen streamlines come from', async () => {
  const { stdout } = await expectRun(makeLineages(), 'a', 'list --tree -n app');
  assert.equal(stdout, 'tank/vm  (no versions)\n└─ from web:2: tank/two  app: 1\n');
});

test('list --dot prints a graph, and the forms exclude each other', async () => {
  const world = makeLineages();
  const { stdout } = await expectRun(world, 'a', 'list --dot -n web');
  assert.match(stdout, /^digraph lineages \{\n/);
  assert.match(stdout, /^ {4}"tank\/vm@zfs-vm:web:1" -> "tank\/vm@zfs-vm:web:2";$/m);
  assert.match(stdout, /^ {2}"tank\/vm@zfs-vm:web:1" -> "tank\/one@zfs-vm:web:3" \[style=dashed\];$/m);
  assert.match(stdout, /\n\}\n$/);
  assert.match((await expectRun(world, 'a', 'list --dot --json', 2)).stderr, /exclude each other/);
});

test('list --tree and --dot show how far other hosts are, wherever they have it', async () => {
  const world = makeLineages();
  const [a, b, c] = [world.machine('a'), world.addMachine('b'), world.addMachine('c')];
  await expectRun(world, 'a', 'push -d tank/to b');
  await expectRun(world, 'a', 'push -n web:1 c');
  addVersion(a, 'tank/vm', 'web:9');
  b.pools.create('tank/other');
  addVersion(b, 'tank/other', 'web:9');
  const { stdout } = await expectRun(world, 'a', 'list --tree --also-on b --also-on c');
  assert.equal(
    stdout,
    [
      'tank/db (+1) [b: 3]  db: 1 2 3',
      'tank/vm [b: 2, c: 1]  web: 1 2 9',
      '├─ from web:1: tank/one [b: 3]  web: 3',
      '│  └─ from web:3: tank/deep  (no versions)',
      '└─ from web:2: tank/two [b: 1]  app: 1',
      '',
    ].join('\n'),
  );
  const { stdout: dot } = await expectRun(world, 'a', 'list --dot --also-on b --also-on c');
  assert.match(dot, /"tank\/vm@zfs-vm:web:1" \[label="web:1 \(c\)"\];/);
  assert.match(dot, /"tank\/vm@zfs-vm:web:2" \[label="web:2 \(b\)"\];/);
  const { stderr } = await expectRun(world, 'a', 'list --also-on b', 2);
  assert.match(stderr, /--also-on needs --tree or --dot/);
  assert.equal(c.pools.open('tank/vm').snapshots.length, 1);
});

test('a host without versions has no lineages', async () => {
  const world = makeWorld();
  world.addMachine('b');
  const { stdout, stderr } = await expectRun(world, 'b', 'list --tree');
  assert.equal(stdout, '');
  assert.notEqual(stderr, '');
});

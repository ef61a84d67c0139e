import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';

/** A world in which a sends, b receives, and c is another one. The image on a says what would expose whoever takes it. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  world.addMachine('c');
  const exposing = { mountpoint: '/etc', setuid: 'on', sharenfs: 'on', quota: '4096', 'user:x': 'y' };
  a.pools.create('tank/vm', { properties: new Map(Object.entries(exposing)) });
  a.pools.create('tank/vm/below', { properties: new Map([['mountpoint', '/root']]) });
  addVersion(a, 1);
  return { world, a, b };
}

function addVersion({ pools }: Machine, version: number): void {
  pools.write('tank/vm', [version, 7]);
  pools.snapshot([`tank/vm@zfs-vm:web:${version}`, `tank/vm/below@zfs-vm:web:${version}`]);
}

/** Has zfs on a host send with such an option, whatever it is asked for. */
function lieWith(machine: Machine, option: string): void {
  machine.lie = ([name = '', ...words]) => (name === 'send' ? ['send', option, ...words] : [name, ...words]);
}

/** What a host's datasets have received of properties, and what is set there. */
function listProperties({ pools }: Machine): string[] {
  return [...pools.datasets.values()].flatMap(({ name, properties }) =>
    [...properties].map(([property, { value, source }]) => `${name} ${property}=${value} ${source}`),
  );
}

const isRefusal = /a: zfs send produced a stream of several datasets or with properties/;

for (const [way, { on, words }] of Object.entries({
  pull: { on: 'b', words: 'pull -d tank/in root@a' },
  copy: { on: 'c', words: 'copy -d tank/in root@a root@b' },
  'clone --from': { on: 'b', words: 'clone --from root@a -d tank/in web tank/work' },
})) {
  for (const option of ['-p', '-R']) {
    test(`a sender that adds ${option} to what it sends is refused by ${way}, and nothing of it is there`, async () => {
      const { world, a, b } = makeWorld();
      lieWith(a, option);
      const { status, stderr } = await world.run(on, words);
      assert.equal(status, 1, stderr);
      assert.match(stderr, isRefusal);
      assert.deepEqual([...b.pools.datasets.keys()], ['tank', 'tank/in']);
    });

    test(`the same with the next versions, which go in one lane, by ${way}`, async () => {
      const { world, a, b } = makeWorld();
      assert.equal((await world.run(on, words)).status, 0);
      const before = listProperties(b);
      const names = [...b.pools.datasets.keys()];
      for (const version of [2, 3, 4]) addVersion(a, version);
      lieWith(a, option);
      const { status, stderr } = await world.run(on, words.replace('tank/work', 'tank/other'));
      assert.equal(status, 1, stderr);
      assert.match(stderr, isRefusal);
      assert.deepEqual([listProperties(b), [...b.pools.datasets.keys()]], [before, names]);
      // Once it doesn't lie, all comes.
      a.lie = undefined;
      assert.equal((await world.run(on, words.replace('tank/work', 'tank/other'))).status, 0);
    });
  }
}

test('where the streams are not seen, zfs refuses several datasets, and takes nothing that exposes its host', async () => {
  for (const [on, words] of [
    ['c', 'copy --direct -d tank/in root@a root@b'],
    ['b', 'pull --compress -d tank/in root@a'],
  ] as const) {
    const { world, a, b } = makeWorld();
    lieWith(a, '-R');
    const refused = await world.run(on, words);
    assert.equal(refused.status, 1, refused.stderr);
    assert.match(refused.stderr, /cannot specify snapshot name for multi-snapshot stream/);
    assert.deepEqual([...b.pools.datasets.keys()], ['tank', 'tank/in']);

    lieWith(a, '-p');
    assert.equal((await world.run(on, words)).status, 0);
    for (const version of [2, 3, 4]) addVersion(a, version);
    assert.equal((await world.run(on, words)).status, 0);
    const received = listProperties(b).filter((line) => line.endsWith(' received'));
    assert.deepEqual(received, ['tank/in/vm user:x=y received']);
    const local = listProperties(b).filter((line) => line.includes('canmount'));
    assert.deepEqual(local, [
      'tank/in canmount=off local',
      'tank/in/vm canmount=noauto local',
      'tank/in/vm/below canmount=noauto local',
    ]);
  }
});

test('what goes on with an interrupted stream is looked at like any other', async () => {
  const { world, a, b } = makeWorld();
  a.pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  addVersion(a, 2);
  let received = 0;
  b.delayMs = (kind) => {
    if (kind === 'receive' && ++received === 100) run.interrupt();
    return 1;
  };
  const run = world.start('b', 'pull -n web:2 -d tank/in root@a');
  await run.finished;
  b.delayMs = undefined;
  assert.notEqual(b.pools.open('tank/in/vm').partial, undefined);
  // It sends what it was asked for in the beginning, with properties, instead of the rest.
  a.lie = ([name = '', ...words]) => {
    if (name !== 'send' || words.includes('-n')) return [name, ...words];
    return words.includes('-t') ? ['send', '-p', 'tank/vm@zfs-vm:web:2'] : [name, ...words];
  };
  const { status, stderr } = await world.run('b', 'pull -n web:2 -d tank/in root@a');
  assert.equal(status, 1, stderr);
  assert.match(stderr, isRefusal);
  a.lie = undefined;
  assert.equal((await world.run('b', 'pull -n web:2 -d tank/in root@a')).status, 0);
});

test('another snapshot than the one that was planned is refused', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/other');
  a.pools.snapshot(['tank/other@x']);
  a.lie = ([name = '', ...words]) =>
    name === 'send' && words.at(-1) === 'tank/vm@zfs-vm:web:1' ? ['send', 'tank/other@x'] : [name, ...words];
  const { status, stderr } = await world.run('b', 'pull -d tank/in root@a');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /a: zfs send produced a stream of the snapshot with the GUID [0-9]+, but [0-9]+ was requested/,
  );
  assert.equal(b.pools.datasets.has('tank/in/vm'), false);
});

test('what has appeared below what was received, and was not planned, fails the run and is named', async () => {
  const { world, b } = makeWorld();
  b.pools.create('tank/in');
  let calls = 0;
  b.beforeZfs = ([subcommand]) => {
    // After the first dataset has come.
    if (subcommand !== 'receive' || ++calls !== 2) return;
    b.pools.create('tank/in/vm/unasked');
    b.pools.create('tank/beside');
  };
  const { status, stderr } = await world.run('b', 'pull -j 1 -d tank/in root@a');
  assert.equal(status, 1);
  assert.match(stderr, /unexpected dataset tank\/in\/vm\/unasked below the received datasets/);
  assert.doesNotMatch(stderr, /beside/);
  b.beforeZfs = undefined;
  // What is there is somebody's now.
  assert.equal((await world.run('b', 'pull -d tank/in root@a')).status, 0);
});

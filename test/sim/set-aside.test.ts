import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { copyByHand } from './meddling.js';
import { describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, killAt, versionsOf } from './steps.js';

/** A sender with a version that its receiver lacks, and a receiver that has gone on: with a snapshot, a version of its own, and more. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  addVersion(a, 'tank/vm', 'web:2');
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:3');
  addVersion(b, 'tank/vm', 'web:3');
  b.pools.write('tank/vm', [7]);
  return { world, a, b };
}

function asideOf({ pools }: Machine): string {
  return [...pools.datasets.keys()].find((name) => name.includes('-set-aside-')) ?? 'none';
}

test('what a receiver went on with is set aside without a question, and the copy goes on', async () => {
  const { world, a, b } = await makeWorld();
  const content = b.pools.open('tank/vm').content;
  b.pools.set(
    'tank/vm',
    new Map([
      ['compression', 'off'],
      ['readonly', 'on'],
    ]),
  );
  const { stdout } = await expectRun(world, 'a', 'push --set-aside b');
  assert.match(
    stdout,
    /^set aside b:tank\/vm as tank\/vm-set-aside-[0-9TZ]+, with web:3 and 4 KiB written since its newest snapshot$/m,
  );
  const aside = b.pools.open(asideOf(b));
  assert.equal(versionsOf(b), 'web:1 web:2 web:3');
  assert.equal(
    b.pools.open('tank/vm').snapshots.at(-1)?.guid,
    a.pools.open('tank/vm').snapshots.at(-1)?.guid,
  );
  assert.equal(versionsOf(b, aside.name), 'web:3');
  assert.deepEqual(aside.content, content);
  assert.equal(aside.origin?.fullName, 'tank/vm@zfs-vm:web:2');
  const { properties } = b.pools.open('tank/vm');
  assert.deepEqual(
    ['compression', 'readonly', 'canmount'].map((name) => properties.get(name)?.value),
    ['off', 'on', 'noauto'],
  );
});

test('the plan shows the name, as text and JSON', async () => {
  const { world, b } = await makeWorld();
  const state = describeState(b);
  assert.match(
    (await expectRun(world, 'a', 'plan push --set-aside b')).stdout,
    /^ {2}set aside b:tank\/vm as tank\/vm-set-aside-/m,
  );
  const { chains } = JSON.parse((await expectRun(world, 'a', 'plan push --set-aside --json b')).stdout) as {
    chains: { preparation: { kind: string; aside: string; keeps: string[] } }[];
  };
  const { kind, keeps } = chains[0]?.preparation ?? {};
  assert.deepEqual([kind, keeps], ['set-aside', ['tank/vm@zfs-vm:web:3']]);
  assert.equal(describeState(b), state);
});

test('what was set aside is no copy, and later versions pass it by', async () => {
  const { world, a, b } = await makeWorld();
  await expectRun(world, 'a', 'push --set-aside b');
  const aside = asideOf(b);
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /up to date/);
  addVersion(a, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'b', 'pull a');
  assert.equal(versionsOf(b), 'web:1 web:2 web:3 web:4');
  assert.equal(versionsOf(b, aside), 'web:3');
  // Nor does anything of it go back, or to a third host.
  world.addMachine('c');
  await expectRun(world, 'b', 'push c');
  assert.deepEqual([...world.machine('c').pools.datasets.keys()], ['tank', 'tank/vm']);
});

test('what was set aside is never pruned, and counts for no rule', async () => {
  const { world, b } = await makeWorld();
  addVersion(b, 'tank/vm', 'web:4');
  await expectRun(world, 'a', 'push --set-aside b');
  const { stdout } = await expectRun(world, 'a', 'prune -v --keep-last 1 --yes b');
  assert.match(stdout, / {2}keep {5}3 .* tank\/vm-set-aside-[0-9TZ]+ was set aside$/m);
  assert.equal(versionsOf(b), 'web:2 web:3');
  assert.equal(versionsOf(b, asideOf(b)), 'web:3 web:4');
});

test('status and list tell of it, and the copy is up to date all the same', async () => {
  const { world, b } = await makeWorld();
  addVersion(b, 'tank/vm', 'web:9');
  await expectRun(world, 'a', 'push --set-aside b');
  const { stdout } = await expectRun(world, 'a', 'status b');
  assert.match(stdout, /^web +b +3 .* up to date$/m);
  assert.match(stdout, new RegExp(`^set aside on b: ${asideOf(b)}$`, 'm'));
  const { hosts } = JSON.parse((await expectRun(world, 'a', 'status --json b')).stdout) as {
    hosts: { setAside: string[] }[];
  };
  assert.deepEqual(
    hosts.map(({ setAside }) => setAside),
    [[asideOf(b)]],
  );
  const listed = await expectRun(world, 'a', 'list b');
  assert.match(listed.stdout, new RegExp(`^ +9 .* ${asideOf(b)} \\(set aside\\)`, 'm'));
});

test('what was only written to is set aside, too', async () => {
  const { world, a, b } = await makeWorld();
  b.pools.destroySnapshots('tank/vm', ['zfs-vm:web:3']);
  await expectRun(world, 'a', 'push --set-aside b');
  assert.equal(versionsOf(b), versionsOf(a));
  assert.notEqual(asideOf(b), 'none');
});

test('a copy that can not be set aside is a conflict that says why, and nothing is done', async () => {
  const { world, b } = await makeWorld();
  b.pools.create('tank/vm/below');
  const state = describeState(b);
  const { stderr } = await expectRun(world, 'a', 'push --set-aside b', 3);
  assert.match(stderr, /--set-aside is not possible, because tank\/vm\/below is below it/);
  assert.doesNotMatch(stderr, /--set-aside, which/);
  assert.equal(describeState(b), state);
});

test('where a step of it fails, all is as it was', async () => {
  for (const at of ['rename', 'clone', 'promote', 'set']) {
    const { world, b } = await makeWorld();
    const state = describeState(b);
    b.beforeZfs = ([subcommand], call) => {
      b.isZfsDenied =
        (subcommand === at && call.words.join(' ').includes('aside')) ||
        (subcommand === at && at === 'promote');
      if (b.isZfsDenied) b.beforeZfs = () => void (b.isZfsDenied = false);
    };
    const { stderr } = await expectRun(world, 'a', 'push --set-aside --retries 0 b', 4);
    assert.match(stderr, /tank\/vm was not changed/, at);
    assert.equal(describeState(b), state, at);
  }
});

test('a run that is killed while a copy is set aside loses nothing, and the same command goes on', async () => {
  for (const at of ['rename', 'clone', 'promote', 'set', 'receive']) {
    const { world, a, b } = await makeWorld();
    await killAt(world, b, at, 'push --set-aside b');
    await expectRun(world, 'a', 'push --set-aside b');
    assert.equal(
      b.pools.open('tank/vm').snapshots.at(-1)?.guid,
      a.pools.open('tank/vm').snapshots.at(-1)?.guid,
    );
    assert.equal(versionsOf(b, asideOf(b)), 'web:3', at);
  }
});

test('what has taken the place of a copy is known for it, and has its properties, when the run dies before anything came', async () => {
  const { world, a, b } = await makeWorld();
  b.pools.set('tank/vm', new Map([['readonly', 'on']]));
  await killAt(world, b, 'rename', 'push --set-aside b');
  b.pools.rename('tank/vm', 'tank/moved');
  assert.equal(b.pools.open('tank/moved').properties.get('readonly')?.value, 'on');
  // Another dataset that would do, were it not known.
  copyByHand(
    a.pools.open('tank/vm'),
    a.pools.open('tank/vm').snapshots[1]?.createtxg ?? 0,
    b.pools,
    'tank/archive',
    false,
  );
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b, 'tank/moved'), 'web:1 web:2 web:3');
  assert.equal(versionsOf(b, 'tank/archive'), 'web:1 web:2');
});

test('the commands that a plan prints mark what was set aside, and keep the properties of the copy', async () => {
  const { world, b } = await makeWorld();
  const { stdout } = await expectRun(world, 'a', 'plan push --set-aside --commands b');
  const [, guid = ''] = /zfs-vm:role=aside source=[0-9]+ pool=[0-9]+ self=([0-9]+)/.exec(stdout) ?? [];
  assert.equal(guid, String(b.pools.open('tank/vm').guid));
  assert.match(
    stdout,
    /zfs get -Hp -s local -o property,value all tank\/vm-set-aside-.*zfs set .* tank\/vm /,
  );
});

test('--set-aside and what destroys exclude each other', async () => {
  const { world } = await makeWorld();
  for (const option of ['--rollback', '--replace']) {
    assert.match(
      (await expectRun(world, 'a', `push --set-aside ${option} b`, 2)).stderr,
      /exclude each other/,
    );
  }
});

test('the way out that a conflict names works', async () => {
  const { world } = await makeWorld();
  assert.match(
    (await expectRun(world, 'a', 'push b', 3)).stderr,
    /run the same command again with --set-aside to keep/,
  );
  await expectRun(world, 'a', 'push --set-aside b');
});

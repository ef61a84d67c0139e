import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

/** a has web in three versions and web-2 in five; b has nothing. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.create('tank/vm2');
  for (const version of [1, 2, 3]) addVersion(a, 'tank/vm', `web:${version}`);
  for (const version of [1, 2, 3, 4, 5]) addVersion(a, 'tank/vm2', `web-2:${version}`);
  return { world, a, b };
}

for (const args of [
  'push -n web:99 b',
  'plan push -n web:99 b',
  'status -n web:99 b',
  'push --latest -n web:99 b',
]) {
  test(`"${args}" is an error where there is no version 99, and says which there are`, async () => {
    const { world, b } = makeWorld();
    const { stderr } = await expectRun(world, 'a', args, 2);
    assert.match(stderr, /no version 99 of web on this machine\n.*1, 2, 3/);
    assert.equal(b.pools.datasets.has('tank/vm'), false);
  });
}

for (const args of ['pull -n web:99 a', 'copy -n web:99 a b', 'clone --from a web:99 tank/work']) {
  test(`"${args}" looks for the version on the host that has it`, async () => {
    const { world, b } = makeWorld();
    const { stderr } = await expectRun(world, 'b', args, 2);
    assert.match(stderr, /no version 99 of web on a/);
    assert.equal(b.pools.datasets.has('tank/vm'), false);
  });
}

test('a pattern may name a version that only some of its streamlines have: the others go as far as they are', async () => {
  const { world, b } = makeWorld();
  await expectRun(world, 'a', 'push -n web*:4 b');
  assert.equal(versionsOf(b, 'tank/vm'), 'web:1 web:2 web:3');
  assert.equal(versionsOf(b, 'tank/vm2'), 'web-2:1 web-2:2 web-2:3 web-2:4');
});

test('a version that none of the streamlines of a pattern has is an error', async () => {
  const { world } = makeWorld();
  const { stderr } = await expectRun(world, 'a', 'push -n web*:6 b', 2);
  assert.match(stderr, /no streamline matching "web\*" on this machine has version 6/);
});

test('a version that one of several datasets of the streamline has is there', async () => {
  const { world, a, b } = makeWorld();
  a.pools.clone('tank/vm@zfs-vm:web:2', 'tank/fork');
  addVersion(a, 'tank/fork', 'web:7');
  await expectRun(world, 'a', 'push -n web:7 b');
  assert.equal(versionsOf(b, 'tank/fork'), 'web:7');
});

test('prune refuses a version that there never was, and takes one that it has destroyed before', async () => {
  const { world, a } = makeWorld();
  await expectRun(world, 'a', 'prune -n web:99 --keep-last 1 --yes', 2);
  assert.equal(versionsOf(a), 'web:1 web:2 web:3');
  for (let round = 0; round < 2; round++) await expectRun(world, 'a', 'prune -n web:2 --keep-last 1 --yes');
  assert.equal(versionsOf(a), 'web:3');
});

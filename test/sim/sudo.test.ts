import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimWorld } from './sim-world.js';
import { expectRun } from './steps.js';

function makeWorld(): SimWorld {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.snapshot(['tank/vm@zfs-vm:web:1']);
  b.missingPrograms.add('sudo');
  return world;
}

test('where there is no sudo, doas runs zfs', async () => {
  const world = makeWorld();
  world.addUser('pat', { sudo: 'anything' });
  await expectRun(world, 'a', '-s push pat@b');
  assert.ok(world.machine('b').pools.datasets.has('tank/vm'));
});

test('a doas that wants a password is told as such, with status 4', async () => {
  const world = makeWorld();
  world.addUser('pat', { sudo: 'after a password' });
  const { stderr } = await expectRun(world, 'a', '-s push pat@b', 4);
  assert.match(stderr, /pat@b: doas does not run zfs without a password.*permit nopass/s);
});

test('where there is neither sudo nor doas, that is told', async () => {
  const world = makeWorld();
  world.machine('b').missingPrograms.add('doas');
  const { stderr } = await expectRun(world, 'a', '-s push b', 1);
  assert.match(stderr, /b: sudo not found/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const version of [1, 2]) addVersion(a, 'tank/vm', `web:${version}`);
  return { world, a, b };
}

test('with -q, what goes well is done without a word', async () => {
  const { world, a, b } = makeWorld();
  for (const args of [
    '-q push b',
    'push -q b',
    '-q untag --yes web:1',
    'tag -q --if-changed tank/vm',
    '-q clone web tank/work',
    '-q prune --keep-last 1 --yes b',
    '-q sync --keep-last 1 b',
    '-q restore web:2 tank/work',
    '-q rename web site',
    '-q rename site web',
    '-q abort b',
  ]) {
    const { stdout, stderr } = await expectRun(world, 'a', args);
    if (args !== '-q abort b') assert.equal(stdout + stderr, '', args);
  }
  assert.equal(versionsOf(b), 'web:2');
  assert.equal(versionsOf(a), 'web:2');
});

test('with -q, errors and conflicts are told', async () => {
  const { world, a, b } = makeWorld();
  await expectRun(world, 'a', '-q push b');
  b.pools.write('tank/vm', [7]);
  addVersion(a, 'tank/vm', 'web:3');
  const { stdout, stderr } = await expectRun(world, 'a', '-q push b', 3);
  assert.equal(stdout, '');
  assert.match(stderr, /conflict/);
  assert.match((await expectRun(world, 'a', '-q push -n nope b', 2)).stderr, /nope/);
});

test('with -q, what was asked for is printed all the same', async () => {
  const { world } = makeWorld();
  for (const args of [
    '-q list',
    '-q plan push b',
    '-q push --dry-run b',
    '-q push --json b',
    '-q prune --dry-run --keep-last 1',
  ]) {
    assert.notEqual((await expectRun(world, 'a', args)).stdout, '', args);
  }
});

test('-q and -v do not go together', async () => {
  const { world } = makeWorld();
  assert.match((await expectRun(world, 'a', '-q list -v', 2)).stderr, /-q does not go with -v/);
  assert.match((await expectRun(world, 'a', '-d -q list', 2)).stderr, /-q does not go with --debug/);
});

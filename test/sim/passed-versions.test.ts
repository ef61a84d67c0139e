import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

/** Two hosts, of which a has an image with these versions, in this order. */
function makeWorld(...versions: readonly number[]): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const version of versions) addVersion(a, 'tank/vm', `web:${version}`);
  return { world, a, b };
}

const inOneLine = /2 older versions \(web:1, web:2\)/;

test('--latest says once what it leaves out, and what comes later is no failure', async () => {
  const { world, a } = makeWorld(1, 2, 3);
  const first = await expectRun(world, 'a', 'push --latest b');
  assert.match(first.stdout, inOneLine);
  assert.match(first.stdout, /omitted by --latest and cannot be sent to b later/);
  assert.doesNotMatch((await expectRun(world, 'a', 'push --latest b')).stdout, inOneLine);
  addVersion(a, 'tank/vm', 'web:4');
  assert.doesNotMatch((await expectRun(world, 'a', 'push --latest b')).stdout, inOneLine);
});

test('after --latest, nothing says "up to date" of what lacks older versions, and monitoring is content', async () => {
  const { world } = makeWorld(1, 2, 3);
  await expectRun(world, 'a', 'push --latest b');
  for (const command of ['push b', 'plan push b', 'status b']) {
    const { stdout } = await expectRun(world, 'a', command);
    assert.doesNotMatch(stdout, /up to date/);
    assert.match(stdout, /2 older versions .*can no longer be sent/);
  }
  assert.match((await expectRun(world, 'a', 'status --check b')).stdout, /^ZFS-VM OK/);
});

test('of many versions only the newest are asked for, and nothing is said of the others', async () => {
  const { world } = makeWorld(...Array.from({ length: 120 }, (_, index) => index + 1));
  await expectRun(world, 'a', 'push --latest b');
  const { stdout } = await expectRun(world, 'a', 'push b');
  assert.equal(stdout, 'nothing to send: b has the newest version of each streamline\n');
});

test('the highest version goes, also where a lower one was made after it', async () => {
  const { world, b } = makeWorld(5, 3);
  await expectRun(world, 'a', 'push --latest b');
  assert.equal(versionsOf(b), 'web:5');
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b), 'web:5 web:3');
});

test('where the highest version is gone and something later is there, push and status end with 3', async () => {
  const { world, b } = makeWorld(5, 3);
  await expectRun(world, 'a', 'push b');
  b.pools.destroySnapshots('tank/vm', ['zfs-vm:web:5']);
  for (const command of ['push b', 'plan push b', 'status b']) {
    const { stdout, stderr } = await expectRun(world, 'a', command, 3);
    assert.match(stdout + stderr, /cannot receive web:5/);
    assert.doesNotMatch(stdout, /up to date/);
  }
  assert.match((await expectRun(world, 'a', 'status --check b', 2)).stdout, /^ZFS-VM CRITICAL/);
  await expectRun(world, 'a', 'tag tank/vm');
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b), 'web:3 web:6');
});

test('versions that have another name on one side are there', async () => {
  const { world, a } = makeWorld(1, 2);
  await expectRun(world, 'a', 'push b');
  await expectRun(world, 'a', 'rename web www');
  assert.match((await expectRun(world, 'a', 'push b')).stdout, /b is up to date/);
  addVersion(a, 'tank/vm', 'www:3');
  assert.doesNotMatch((await expectRun(world, 'a', 'push b')).stdout, /can no longer be sent/);
});

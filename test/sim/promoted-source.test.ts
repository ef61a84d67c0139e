import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { expectRun, versionsOf } from './steps.js';

/** a has an image that b has a copy of, and a clone of it that was promoted; both go on. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine; stderr: string }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/x');
  await expectRun(world, 'a', 'tag -n x:1 tank/x');
  await expectRun(world, 'a', 'push b');
  a.pools.clone('tank/x@zfs-vm:x:1', 'tank/c');
  a.pools.promote('tank/c');
  a.pools.write('tank/x', [1]);
  await expectRun(world, 'a', 'tag tank/x');
  const { stderr } = await expectRun(world, 'a', 'push b', 3);
  assert.match(
    stderr,
    /x in tank\/x: the snapshots that b:tank\/x was received from now belong to tank\/c, which was promoted/,
  );
  return { world, a, b, stderr };
}

test('what a promotion on the sender has taken away is given back as the conflict says', async () => {
  const { world, a, b, stderr } = await makeWorld();
  assert.match(stderr, /"zfs promote tank\/x" on this machine/);
  a.pools.promote('tank/x');
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b, 'tank/x'), 'x:1 x:2');
  a.pools.write('tank/c', [2]);
  await expectRun(world, 'a', 'tag -n c:1 --new tank/c');
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

test('a promotion that stays makes a clone on the receiver, too, when the copy is renamed there', async () => {
  const { world, a, b, stderr } = await makeWorld();
  assert.match(stderr, /rename tank\/x on b/);
  b.pools.rename('tank/x', 'tank/x-old');
  await expectRun(world, 'a', 'push b');
  assert.equal(b.pools.open('tank/x').origin?.name, 'zfs-vm:x:1');
  for (const [name, tag] of [
    ['tank/c', 'tag -n c:1 --new tank/c'],
    ['tank/x', 'tag tank/x'],
  ] as const) {
    a.pools.write(name, [3]);
    await expectRun(world, 'a', tag);
  }
  await expectRun(world, 'a', 'push b');
  assertHasVersionsOf(b, a);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun } from './steps.js';

/** Both hosts have made a version of their own with one name: in the image and its copy, or in images that have nothing in common. */
async function makeWorld(
  place: 'tank/vm' | 'tank/other',
  isCopy: boolean,
): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  if (isCopy) {
    addVersion(a, 'tank/vm', 'web:1');
    await expectRun(world, 'a', 'push b');
  } else {
    b.pools.create(place);
  }
  for (const [machine, dataset] of [
    [a, 'tank/vm'],
    [b, place],
  ] as const) {
    addVersion(machine, dataset, 'web:2');
  }
  return { world, a, b };
}

test('a copy with another version of the same name is continued as the message says, and no rename is suggested', async () => {
  for (const option of ['--set-aside', '--rollback']) {
    const { world, a, b } = await makeWorld('tank/vm', true);
    const { stderr } = await expectRun(world, 'a', 'push b', 3);
    assert.match(stderr, /web:2 differs/);
    assert.ok(stderr.includes(`with ${option} `), stderr);
    assert.doesNotMatch(stderr, /zfs rename/);
    await expectRun(world, 'a', `push --yes ${option} b`);
    assertHasVersionsOf(b, a);
  }
});

test('images that have nothing in common get apart by another name of the streamline, and another place where theirs is taken', async () => {
  const elsewhere = await makeWorld('tank/other', false);
  const { stderr } = await expectRun(elsewhere.world, 'a', 'push b', 3);
  assert.match(
    stderr,
    /to resolve: rename the streamline with "zfs-vm rename web NEW" on this machine or on b\n/,
  );
  await expectRun(elsewhere.world, 'b', 'rename web new');
  await expectRun(elsewhere.world, 'a', 'push b');
  assertHasVersionsOf(elsewhere.b, elsewhere.a);
  for (const host of ['a', 'b']) {
    const there = await makeWorld('tank/vm', false);
    const told = await expectRun(there.world, 'a', 'push b', 3);
    assert.match(
      told.stderr,
      /"zfs-vm rename web NEW" on this machine or on b, and choose another destination with -d, or .* --replace/,
    );
    await expectRun(there.world, host, 'rename web new');
    await expectRun(there.world, 'a', 'push -d tank/x b');
    assertHasVersionsOf(there.b, there.a);
  }
});

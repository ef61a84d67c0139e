import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHasVersionsOf } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { expectRun } from './steps.js';

/** a has a dataset that was cloned into a place below it, and the clone promoted: it is a clone of its own child. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/t');
  await expectRun(world, 'a', 'tag -n t:1 tank/t');
  a.pools.clone('tank/t@zfs-vm:t:1', 'tank/t/sub');
  a.pools.promote('tank/t/sub');
  return { world, a, b };
}

for (const [what, tags] of [
  ['as a tree', ['-r tank/t', '-r tank/t']],
  ['one by one', ['tank/t', 'tank/t/sub', 'tank/t']],
] as const) {
  for (const place of ['', '-d tank/in ']) {
    test(`a dataset that is a clone of its own child arrives, tagged ${what}, by "push ${place}b", and stays in step`, async () => {
      const { world, a, b } = await makeWorld();
      for (const tag of tags) {
        for (const name of ['tank/t', 'tank/t/sub']) a.pools.write(name, [1, 2]);
        await expectRun(world, 'a', `tag ${tag}`);
        await expectRun(world, 'a', `push ${place}b`);
        assertHasVersionsOf(b, a);
      }
      assert.match((await expectRun(world, 'a', `push ${place}b`)).stdout, /is up to date/);
      const clone = b.pools.open(place === '' ? 'tank/t' : 'tank/in/t');
      assert.match(clone.origin?.fullName ?? '', /^tank\/(?:in\/)?(?:t-)?sub@zfs-vm:t:1$/);
    });
  }
}

test('where a dataset goes that can not be below its clone is said', async () => {
  const { world, a } = await makeWorld();
  await expectRun(world, 'a', 'tag -r tank/t');
  for (const command of ['plan push b', 'push b']) {
    const { stdout } = await expectRun(world, 'a', command);
    assert.match(
      stdout,
      /^tank\/t\/sub is sent to b:tank\/t-sub, next to tank\/t and not below it, because tank\/t is its clone/m,
    );
  }
  assert.ok(a.pools.open('tank/t').origin);
});

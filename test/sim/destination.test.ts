import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

test('a destination that is named, while the copy is elsewhere, changes nothing, and the run says where the copy is', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  a.pools.create('tank/ct');
  for (const dataset of ['vm', 'ct']) addVersion(a, `tank/${dataset}`, `${dataset}:1`);
  await expectRun(world, 'a', 'push -d tank/first b');
  const { stdout } = await expectRun(world, 'a', 'push -d tank/second b');
  assert.equal(
    stdout,
    'nothing to do: b is up to date; the copy of tank/vm is b:tank/first/vm, not b:tank/second/vm (and 1 other elsewhere)\n',
  );
  assert.equal(versionsOf(b, 'tank/first/ct'), 'ct:1');
  assert.equal((await expectRun(world, 'a', 'push b')).stdout, 'nothing to do: b is up to date\n');
  assert.equal(
    (await expectRun(world, 'b', 'pull -n ct -d tank/third a')).stdout,
    'nothing to do: this machine is up to date; the copy of a:tank/ct is tank/first/ct, not tank/third/ct\n',
  );
});

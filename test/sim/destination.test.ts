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

test('where it is unclear which dataset is the copy, none is to be renamed to below itself', async () => {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  await expectRun(world, 'a', 'push --no-bookmark -d tank/x b');
  b.pools.open('tank/x/vm').properties.delete('zfs-vm:role');
  await expectRun(world, 'b', 'push -d tank/y local');
  b.pools.open('tank/y/vm').properties.delete('zfs-vm:role');
  addVersion(a, 'tank/vm', 'web:2');
  const { stderr } = await expectRun(world, 'a', 'push -d tank/x/vm b', 3);
  assert.match(stderr, /choose the copy by its parent \(-d tank\/x or -d tank\/y\)\n/);
  await expectRun(world, 'a', 'push -d tank/x b');
  assert.equal(versionsOf(b, 'tank/x/vm'), 'web:1 web:2');
});

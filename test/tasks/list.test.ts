import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list } from '../../src/tasks/list/list.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

test('list gives the versions of another host by streamline, and tells of snapshots that are none', async () => {
  const world = new SimWorld();
  const b = world.addMachine('b');
  world.addMachine('a');
  b.pools.create('tank/vm');
  for (const tag of ['web:1', 'web:2', 'web:x']) addVersion(b, 'tank/vm', tag);
  const around = surround(world, 'a');
  const { host, streamlines, malformedTags } = await list({ host: 'b' }, around);
  assert.equal(host, 'b');
  assert.deepEqual(
    streamlines.map(({ name, versions }) => [name, Array.from(versions, ({ snapshot }) => snapshot)]),
    [['web', ['tank/vm@zfs-vm:web:1', 'tank/vm@zfs-vm:web:2']]],
  );
  assert.deepEqual(around.events, [
    { kind: 'connected', host: 'b' },
    { kind: 'malformed-tags', host: 'b', malformedTags },
  ]);
  assert.equal(malformedTags.length, 1);
});

test('list of a host that nobody reaches is a fault of the connection', async () => {
  const world = new SimWorld();
  world.addMachine('a');
  world.addMachine('b').unreachable = 'no route';
  await assert.rejects(list({ host: 'b' }, surround(world, 'a')), { kind: 'connection' });
});

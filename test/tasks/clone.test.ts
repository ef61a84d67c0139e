import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clone } from '../../src/tasks/clone/clone.js';
import type { Machine } from '../sim/machine.js';
import { describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

/** A host with two versions, and one without any. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const tag of ['web:1', 'web:2']) addVersion(a, 'tank/vm', tag);
  return { world, a, b };
}

const name = { streamline: 'web', version: undefined };

test('clone gives what was made, and where it is', async () => {
  const { world, a } = makeWorld();
  const result = await clone({ name, target: 'tank/work' }, surround(world, 'a'));
  assert.equal(result.kind, 'cloned');
  assert.deepEqual(
    result.made.map(({ step, mountedAt }) => [step.kind, step.destination, mountedAt]),
    [['clone', 'tank/work', '/tank/work']],
  );
  assert.deepEqual([result.notMade, result.failures], [[], []]);
  assert.equal(a.pools.open('tank/work').origin?.fullName, 'tank/vm@zfs-vm:web:2');
});

test('clone pulls what is missing first, with the events of a pull', async () => {
  const { world, b } = makeWorld();
  const around = surround(world, 'b');
  const result = await clone({ name, target: 'tank/work', from: { host: 'a' } }, around);
  assert.equal(result.kind, 'cloned');
  assert.equal(b.pools.open('tank/work').origin?.fullName, 'tank/vm@zfs-vm:web:2');
  const transfers = around.events.flatMap((event) => (event.kind === 'transfer' ? [event.event.kind] : []));
  assert.ok(transfers.includes('step-done'));
});

test('clone makes nothing where the pull is incomplete, and gives what came of that', async () => {
  const { world, b } = makeWorld();
  b.pools.create('tank/vm');
  b.pools.write('tank/vm', [7]);
  const around = surround(world, 'b');
  const result = await clone({ name, target: 'tank/work', from: { host: 'a' } }, around);
  assert.equal(result.kind, 'not-pulled');
  assert.equal(result.outcomes[0]?.ending?.plan.conflicts.length, 1);
  assert.equal(b.pools.datasets.has('tank/work'), false);
});

test('what clone can not do has its kind, and nothing is changed', async () => {
  const { world, a } = makeWorld();
  const state = describeState(a);
  for (const target of ['tank/vm', 'nopool/work', 'tank/-x@y', '-o']) {
    await assert.rejects(clone({ name, target }, surround(world, 'a')), { kind: 'usage' });
  }
  const set = [{ name: 'origin', value: 'tank/vm@zfs-vm:web:1' }];
  await assert.rejects(clone({ name, target: 'tank/w', set }, surround(world, 'a')), { kind: 'usage' });
  const from = { host: 'b', destination: 'other/place' };
  await assert.rejects(clone({ name, target: 'tank/w', from }, surround(world, 'a')), { kind: 'usage' });
  assert.equal(describeState(a), state);
});

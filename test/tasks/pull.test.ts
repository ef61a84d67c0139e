import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planPull, pull } from '../../src/tasks/transfer/pull.js';
import type { Machine } from '../sim/machine.js';
import { assertHasVersionsOf, describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addLargeVersion, addVersion, runAndKill, versionsOf } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

/** Two hosts, of which a has a large version of an image. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine } {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addLargeVersion(a, 'web:1');
  return { world, a, b };
}

test('a pull brings what another host has, and its receiver is called local', async () => {
  const { world, a, b } = makeWorld();
  const [outcome, ...others] = await pull({ host: 'a' }, surround(world, 'b'));
  assert.deepEqual([outcome?.receiver, outcome?.ending?.result.versions, others], ['local', 1, []]);
  assertHasVersionsOf(b, a);
});

test('a pull goes on with what an interrupted one has left, as its plan says', async () => {
  const { world, a, b } = makeWorld();
  await runAndKill(world, 'b', 'pull a', b);
  addVersion(a, 'tank/vm', 'web:2');
  assert.ok(b.pools.open('tank/vm').partial);
  const { plans } = await planPull({ host: 'a' }, surround(world, 'b'));
  assert.deepEqual(
    plans.map(({ plan }) => plan.chains.map(({ steps }) => steps.map(({ kind }) => kind))),
    [[['resume', 'incremental']]],
  );
  const [outcome] = await pull({ host: 'a' }, surround(world, 'b'));
  assert.equal(outcome?.ending?.result.versions, 2);
  assertHasVersionsOf(b, a);
  assert.equal(b.pools.open('tank/vm').partial, undefined);
});

test('a pull drops what an interrupted one has left of a version that is gone, and brings the next one', async () => {
  const { world, a, b } = makeWorld();
  await runAndKill(world, 'b', 'pull a', b);
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:1']);
  addVersion(a, 'tank/vm', 'web:2');
  const [outcome] = await pull({ host: 'a' }, surround(world, 'b'));
  assert.deepEqual(
    outcome?.ending?.plan.chains.map(({ preparation, steps }) => [preparation?.kind, steps[0].kind]),
    [['abort', 'full']],
  );
  assert.equal(versionsOf(b), 'web:2');
});

test('only what was chosen comes', async () => {
  const { world, a, b } = makeWorld();
  a.pools.create('tank/db');
  addVersion(a, 'tank/db', 'db:1');
  const choice = { patterns: [{ streamline: 'db', upTo: undefined }], latest: false };
  await pull({ host: 'a', choice, destination: 'tank/copy' }, surround(world, 'b'));
  assert.deepEqual([...b.pools.datasets.keys()], ['tank', 'tank/copy', 'tank/copy/db']);
});

test('a host that lacks what is chosen, and this machine as the sender, are faults of usage', async () => {
  const { world, b } = makeWorld();
  const state = describeState(b);
  const around = surround(world, 'b');
  const choice = { patterns: [{ streamline: 'nope', upTo: undefined }], latest: false };
  await assert.rejects(pull({ host: 'a', choice }, around), { kind: 'usage' });
  await assert.rejects(pull({ host: 'local' }, around), { kind: 'usage' });
  await assert.rejects(planPull({ host: 'a', destination: 'nopool/x' }, around), { kind: 'usage' });
  assert.equal(describeState(b), state);
});

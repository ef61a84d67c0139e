import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copy, planCopy } from '../../src/tasks/transfer/copy.js';
import type { Machine } from '../sim/machine.js';
import { assertHasVersionsOf, describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion, versionsOf } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

/** A world of three: a has an image, b gets it, and c is where the task runs. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine; c: Machine } {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  a.pools.create('tank/vm');
  for (const tag of ['web:1', 'web:2']) addVersion(a, 'tank/vm', tag);
  return { world, a, b, c };
}

test('a copy brings one host up to date with another, and leaves nothing on this one', async () => {
  for (const isDirect of [false, true]) {
    const { world, a, b, c } = makeWorld();
    const state = describeState(c);
    const request = { from: 'a', to: 'b', isDirect };
    const { plans } = await planCopy(request, surround(world, 'c'));
    assert.deepEqual(
      plans.map(({ receiverName, plan }) => [receiverName, plan.chains.length]),
      [['b', 1]],
    );
    const [outcome, ...others] = await copy(request, surround(world, 'c'));
    assert.deepEqual([outcome?.receiver, outcome?.ending?.result.versions, others], ['b', 2, []]);
    assertHasVersionsOf(b, a);
    assert.equal(describeState(c), state);
    assert.equal(world.links.length > 0, isDirect);
  }
});

test('new datasets go where the configuration has them for the receiver', async () => {
  const { world, b } = makeWorld();
  const config = '[remotes.store]\nhost = "b"\ndest = "tank/store"\n';
  await copy({ from: 'a', to: 'store' }, surround(world, 'c', { config }));
  assert.equal(versionsOf(b, 'tank/store/vm'), 'web:1 web:2');
});

test('a copy within one host needs a place, and a direct one two other hosts and no limit', async () => {
  const { world, a } = makeWorld();
  const around = surround(world, 'c');
  const refused = [
    { from: 'a', to: 'a' },
    { from: 'local', to: 'b', isDirect: true },
    { from: 'a', to: 'b', isDirect: true, bytesPerSecond: 1000 },
  ];
  for (const request of refused) await assert.rejects(copy(request, around), { kind: 'usage' });
  await copy({ from: 'a', to: 'a', destination: 'tank/again' }, around);
  assert.equal(versionsOf(a, 'tank/again/vm'), 'web:1 web:2');
});

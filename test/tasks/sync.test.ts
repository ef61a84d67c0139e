import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../src/base/errors.js';
import { planSync, sync } from '../../src/tasks/sync/sync.js';
import { assertHasVersionsOf, describeState } from '../sim/oracle.js';
import type { Machine } from '../sim/machine.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion, versionsOf } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

/** Three hosts, of which a has two images in one version each, and something written to one of them since. */
function makeWorld(): { world: SimWorld; a: Machine; b: Machine; c: Machine } {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  for (const name of ['web', 'db']) {
    a.pools.create(`tank/${name}`);
    addVersion(a, `tank/${name}`, `${name}:1`);
  }
  a.pools.write('tank/web', [1]);
  return { world, a, b, c };
}

test('a round makes versions of what has changed, pushes, prunes, and says what came of each', async () => {
  const { world, a, b } = makeWorld();
  const surroundings = surround(world, 'a');
  await sync({ hosts: ['b'] }, surroundings);
  addVersion(a, 'tank/web', 'web:3');
  a.pools.write('tank/web', [2]);
  const later = surround(world, 'a');
  const result = await sync({ hosts: ['b'], retention: { last: 2 } }, later);
  assert.deepEqual(result.streamlines, ['db', 'web']);
  assert.deepEqual(result.versions, [['tank/web@zfs-vm:web:4']]);
  assert.deepEqual(
    result.outcomes.map(({ receiver, ending, error }) => [receiver, ending?.result.versions, error]),
    [['b', 2, undefined]],
  );
  assert.equal(result.planned, undefined);
  assert.deepEqual(
    result.prunings.map(({ host, ended }) => [host, ended.size]),
    [['local', 1]],
  );
  assert.deepEqual(result.failures, []);
  assert.equal(versionsOf(a, 'tank/web'), 'web:3 web:4');
  assertHasVersionsOf(b, a);
  const kinds = later.events.map(({ kind }) => kind);
  const parts = ['unchanged', 'version', 'receivers', 'pushed', 'prune-planned', 'destroyed', 'pruned'];
  assert.deepEqual(
    kinds.filter((kind) => parts.includes(kind)),
    parts,
  );
});

test('a plan of a round asks nobody, locks nothing, and changes nothing', async () => {
  const { world, a } = makeWorld();
  const state = describeState(a);
  const surroundings = surround(world, 'a');
  const takeLock = (): never => {
    throw new Error('a plan takes no lock');
  };
  const result = await planSync({ hosts: ['b'], retention: { last: 1 } }, { ...surroundings, takeLock });
  assert.deepEqual(result.versions, [['tank/web@zfs-vm:web:2']]);
  assert.deepEqual(result.outcomes, []);
  assert.deepEqual(
    result.planned?.plans.map(({ receiverName, plan }) => [receiverName, plan.chains.length]),
    [['b', 2]],
  );
  assert.ok(surroundings.events.some((event) => event.kind === 'version' && !event.isMade));
  assert.deepEqual(surroundings.asked, []);
  assert.equal(describeState(a), state);
});

test('a streamline that another round is at work on is left out, and the others are not', async () => {
  const { world, a, b } = makeWorld();
  await surround(world, 'a').takeLock('sync web');
  const surroundings = surround(world, 'a');
  const result = await sync({ hosts: ['b'] }, surroundings);
  assert.deepEqual(result.streamlines, ['db']);
  assert.deepEqual(
    result.failures.map(({ message }) => message),
    ['web skipped: another sync is working on it'],
  );
  assert.equal(versionsOf(a, 'tank/web'), 'web:1');
  assert.equal(versionsOf(b, 'tank/db'), 'db:1');
  assert.equal(b.pools.datasets.has('tank/web'), false);
});

test('locks are free again after a round, however it ended', async () => {
  const { world } = makeWorld();
  await sync({ hosts: ['b'] }, surround(world, 'a'));
  await assert.rejects(sync({ hosts: ['b'], streamlines: ['nope'] }, surround(world, 'a')));
  assert.deepEqual((await sync({ hosts: ['b'] }, surround(world, 'a'))).streamlines, ['db', 'web']);
});

test('a host that can not be reached keeps the others from nothing, nor this machine from being pruned', async () => {
  const { world, a, c } = makeWorld();
  addVersion(a, 'tank/web', 'web:2');
  const surroundings = surround(world, 'a');
  const request = { hosts: ['nobody@b', 'c'], retention: { last: 1 }, retries: 0 };
  const { outcomes, prunings } = await sync(request, surroundings);
  assert.deepEqual(
    outcomes.map(({ receiver, error }) => [receiver, error?.kind]),
    [
      ['nobody@b', 'connection'],
      ['c', undefined],
    ],
  );
  assertHasVersionsOf(c, a);
  assert.deepEqual(
    prunings.map(({ host }) => host),
    ['local'],
  );
  assert.equal(versionsOf(a, 'tank/web'), 'web:2');
});

test('when the push fails for all hosts, that is one failure, told once, and this machine is pruned all the same', async () => {
  const { world, a } = makeWorld();
  addVersion(a, 'tank/web', 'web:2');
  const surroundings = surround(world, 'a');
  const request = { hosts: ['nobody@b'], retention: { last: 1 }, retries: 0 };
  const { outcomes, prunings, failures } = await sync(request, surroundings);
  assert.deepEqual(outcomes, []);
  assert.equal(prunings.length, 1);
  const [failure, ...others] = failures;
  assert.equal(failure?.kind, 'connection');
  assert.deepEqual(others, []);
  const told = surroundings.events.filter(({ kind }) => kind === 'pushed' || kind === 'problem');
  assert.deepEqual(told, [
    { kind: 'pushed', outcomes: [] },
    { kind: 'problem', error: failure },
  ]);
});

test('what would be pruned is confirmed, and a refusal keeps none of the rest', async () => {
  const { world, a, b } = makeWorld();
  addVersion(a, 'tank/web', 'web:2');
  const refusal = new ZfsVmError('conflict', 'no');
  const surroundings = surround(world, 'a', { refuse: () => refusal });
  const { failures, prunings } = await sync({ hosts: ['b'], retention: { last: 1 } }, surroundings);
  assert.deepEqual(failures, [refusal]);
  assert.deepEqual(prunings, []);
  assert.equal(versionsOf(a, 'tank/web'), 'web:1 web:2');
  assertHasVersionsOf(b, a);
});

test('a push that can not be is refused before versions are made for it', async () => {
  const { world, a } = makeWorld();
  const state = describeState(a);
  await assert.rejects(sync({ hosts: ['b'], destination: 'tank/a@b' }, surround(world, 'a')), {
    kind: 'usage',
  });
  assert.equal(describeState(a), state);
});

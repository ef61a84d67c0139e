import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../src/base/errors.js';
import type { Pruning } from '../../src/tasks/pruning.js';
import { planPrune, prune } from '../../src/tasks/prune/prune.js';
import { describeState } from '../sim/oracle.js';
import type { Machine } from '../sim/machine.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion, versionsOf } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

const hourMs = 3_600_000;

/** Two hosts, of which a has two images in five versions each, one an hour. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine }> {
  const world = new SimWorld();
  const a = world.addMachine('a');
  world.addMachine('b');
  for (const name of ['web', 'db']) a.pools.create(`tank/${name}`);
  for (let version = 1; version <= 5; version++) {
    for (const name of ['web', 'db']) addVersion(a, `tank/${name}`, `${name}:${version}`);
    await world.clock.sleep(hourMs);
  }
  return { world, a };
}

function listGoing({ plan }: Pruning): string[] {
  return plan.destructions.map(
    ({ dataset, snapshots }) => `${dataset}: ${snapshots.map(({ tag }) => tag.version.text).join(' ')}`,
  );
}

test('a plan says what goes and what that frees, asks nobody, and changes nothing', async () => {
  const { world, a } = await makeWorld();
  const state = describeState(a);
  const surroundings = surround(world, 'b');
  const pruning = await planPrune({ host: 'a', retention: { last: 2 } }, surroundings);
  assert.equal(pruning.host, 'a');
  assert.deepEqual(listGoing(pruning), ['tank/web: 1 2 3', 'tank/db: 1 2 3']);
  for (const size of pruning.reclaim.values()) assert.ok(typeof size === 'number' && size > 0);
  assert.equal(pruning.ended.size, 0);
  assert.deepEqual(surroundings.asked, []);
  assert.deepEqual(
    surroundings.events.map(({ kind }) => kind),
    ['connected', 'malformed-tags', 'prune-planned'],
  );
  assert.equal(describeState(a), state);
});

test('what goes is told as a plan, confirmed, and then destroyed', async () => {
  const { world, a } = await makeWorld();
  const surroundings = surround(world, 'a');
  const pruning = await prune({ retention: { last: 2 } }, surroundings);
  assert.deepEqual(
    surroundings.asked,
    pruning.plan.destructions.map((destruction) => ({
      ...{ kind: 'deletion', host: 'local', destruction },
    })),
  );
  assert.deepEqual(
    surroundings.events.map(({ kind }) => kind),
    ['malformed-tags', 'prune-planned', 'destroyed', 'destroyed', 'pruned'],
  );
  assert.deepEqual([...pruning.ended.values()], [undefined, undefined]);
  assert.deepEqual(pruning.failures, []);
  assert.equal(versionsOf(a, 'tank/web'), 'web:4 web:5');
});

test('what is not confirmed stays', async () => {
  const { world, a } = await makeWorld();
  const state = describeState(a);
  const refusal = new ZfsVmError('conflict', 'no');
  const surroundings = surround(world, 'a', { refuse: () => refusal });
  await assert.rejects(prune({ retention: { last: 2 } }, surroundings), refusal);
  assert.equal(describeState(a), state);
  assert.ok(surroundings.events.every(({ kind }) => kind !== 'destroyed' && kind !== 'pruned'));
});

test('nobody is asked where nothing goes', async () => {
  const { world } = await makeWorld();
  const surroundings = surround(world, 'a', { refuse: () => new ZfsVmError('conflict', 'no') });
  assert.deepEqual(listGoing(await prune({ retention: { last: 5 } }, surroundings)), []);
});

test('a dataset whose versions can not be destroyed keeps none of the others', async () => {
  const { world, a } = await makeWorld();
  const surroundings = surround(world, 'b');
  const confirm = (): Promise<void> => {
    // Since it was looked at.
    a.pools.clone('tank/db@zfs-vm:db:2', 'tank/work');
    return Promise.resolve();
  };
  const pruning = await prune({ host: 'a', retention: { last: 2 } }, { ...surroundings, confirm });
  assert.equal(versionsOf(a, 'tank/web'), 'web:4 web:5');
  assert.equal(versionsOf(a, 'tank/db'), 'db:1 db:2 db:3 db:4 db:5');
  const [failure, ...others] = pruning.failures;
  assert.match(failure?.message ?? '', /zfs destroy of versions of tank\/db/);
  assert.deepEqual(others, []);
  assert.deepEqual(
    surroundings.events.filter(({ kind }) => kind === 'problem'),
    [{ kind: 'problem', error: failure }],
  );
});

test('without rules, the own ones of the host in the configuration count, and never those of this machine', async () => {
  const { world } = await makeWorld();
  const common = '[retention."*"]\nkeep-last = 4\n';
  const remote = '[remotes.near]\nhost = "a"\n';
  const own = '[remotes.near.retention."web"]\nkeep-last = 3\n';
  const plan = async (config: string): Promise<string[]> =>
    listGoing(await planPrune({ host: 'near' }, surround(world, 'b', { config })));
  assert.deepEqual(await plan(remote + own + common), ['tank/web: 1 2']);
  for (const config of [remote, remote + common]) {
    await assert.rejects(plan(config), { kind: 'usage', message: 'no retention rules given for near' });
  }
});

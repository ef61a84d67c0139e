import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../src/base/errors.js';
import { abort } from '../../src/tasks/abort/abort.js';
import type { Machine } from '../sim/machine.js';
import { describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addLargeVersion, runAndKill } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

/** A host with what an interrupted receive of web:1 has left. */
async function makeInterrupted(): Promise<{ world: SimWorld; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addLargeVersion(a, 'web:1');
  await runAndKill(world, 'a', 'push b', b);
  return { world, b };
}

test('abort asks for what would be lost, drops it, and tells so', async () => {
  const { world, b } = await makeInterrupted();
  const around = surround(world, 'a');
  const { host, count, dropped, failures } = await abort({ host: 'b' }, around);
  assert.deepEqual([host, count, failures], ['b', 1, []]);
  assert.deepEqual(
    dropped.map(({ dataset, tag }) => [dataset, tag.streamline, tag.version.text]),
    [['tank/vm', 'web', '1']],
  );
  assert.deepEqual(
    around.asked.map(({ kind, host: loser }) => [kind, loser]),
    [['partial', 'b']],
  );
  assert.deepEqual(
    around.events.map(({ kind }) => kind),
    ['connected', 'partial-dropped'],
  );
  assert.equal(b.pools.datasets.has('tank/vm'), false);
});

test('abort that is refused changes nothing, and throws what refused it', async () => {
  const { world, b } = await makeInterrupted();
  const state = describeState(b);
  const refusal = new ZfsVmError('conflict', 'no');
  await assert.rejects(abort({}, surround(world, 'b', { refuse: () => refusal })), refusal);
  assert.equal(describeState(b), state);
});

test('abort asks nobody where there is nothing of the versions that were named', async () => {
  const { world } = await makeInterrupted();
  const around = surround(world, 'b');
  const result = await abort({ patterns: [{ streamline: 'db', upTo: undefined }] }, around);
  assert.deepEqual([result.count, around.asked], [0, []]);
});

test('abort gives what went wrong with its kind, and tells it as it happens', async () => {
  const { world, b } = await makeInterrupted();
  b.beforeZfs = ([subcommand, option]) => {
    if (subcommand === 'receive' && option === '-A') b.isZfsDenied = true;
  };
  const around = surround(world, 'b');
  const { count, dropped, failures } = await abort({}, around);
  assert.deepEqual([count, dropped], [1, []]);
  assert.deepEqual(
    failures.map(({ kind }) => kind),
    ['connection'],
  );
  assert.deepEqual(
    around.events.map(({ kind }) => kind),
    ['problem'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVersion } from '../../src/streamline/version.js';
import { tag } from '../../src/tasks/tag/tag.js';
import type { Machine } from '../sim/machine.js';
import { describeState } from '../sim/oracle.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion } from '../sim/steps.js';
import { surround } from './sim-surroundings.js';

function makeWorld(): { world: SimWorld; a: Machine } {
  const world = new SimWorld();
  const a = world.addMachine('a');
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  return { world, a };
}

test('tag makes the next version, and says which snapshots it is', async () => {
  const { world, a } = makeWorld();
  assert.deepEqual(await tag({ target: 'vm', note: 'second' }, surround(world, 'a')), {
    ...{ kind: 'made', dataset: 'tank/vm', partOf: undefined },
    fullNames: ['tank/vm@zfs-vm:web:2'],
  });
  assert.deepEqual(
    a.pools.open('tank/vm').snapshots.map(({ name }) => name),
    ['zfs-vm:web:1', 'zfs-vm:web:2'],
  );
});

test('tag makes none where nothing was written, if it is asked so', async () => {
  const { world } = makeWorld();
  const result = await tag({ target: 'tank/vm', ifChanged: true }, surround(world, 'a'));
  assert.equal(result.kind, 'unchanged');
  assert.equal(result.newest.version.text, '1');
});

test('tag says of which tree the version is a part only', async () => {
  const { world, a } = makeWorld();
  a.pools.create('tank/vm/data');
  await tag({ target: 'tank/vm', recursive: true }, surround(world, 'a'));
  const part = await tag({ target: 'tank/vm/data' }, surround(world, 'a'));
  assert.equal(part.kind, 'made');
  assert.deepEqual([part.partOf, part.fullNames], ['tank/vm', ['tank/vm/data@zfs-vm:web:3']]);
});

test('what tag can not do has its kind, and nothing is made', async () => {
  const { world, a } = makeWorld();
  const state = describeState(a);
  const version = parseVersion('1');
  assert.ok(version);
  const refused = [
    [{ target: 'tank/nothing' }, 'usage'],
    [{ target: 'tank/vm', note: 'two\nlines' }, 'usage'],
    [{ target: 'tank/vm', name: { streamline: 'a@b', version } }, 'usage'],
    [{ target: 'tank/vm', name: { streamline: 'other', version } }, 'usage'],
    [{ target: 'tank/vm', name: { version } }, 'conflict'],
  ] as const;
  for (const [request, kind] of refused) {
    await assert.rejects(tag(request, surround(world, 'a')), { kind });
  }
  assert.equal(describeState(a), state);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVersion } from '../../src/streamline/version.js';
import type { VersionName } from '../../src/streamline/find-version.js';
import { diff } from '../../src/tasks/diff/diff.js';
import { SimWorld } from '../sim/sim-world.js';
import { surround } from './sim-surroundings.js';

/** A host with two versions, of which the second has one block more and one that is another. */
function makeWorld(): SimWorld {
  const world = new SimWorld();
  const { pools } = world.addMachine('a');
  pools.create('tank/vm').isMounted = true;
  pools.write('tank/vm', [1, 2]);
  pools.snapshot(['tank/vm@zfs-vm:web:1']);
  pools.write('tank/vm', [2, 3]);
  pools.snapshot(['tank/vm@zfs-vm:web:2']);
  return world;
}

function nameOf(text: string): VersionName {
  return { streamline: 'web', version: parseVersion(text) };
}

test('diff tells the paths by events, and gives the numbers', async () => {
  const around = surround(makeWorld(), 'a');
  const to = { kind: 'version', name: nameOf('2') } as const;
  const { compared, onlyEarlier, onlyLater } = await diff({ from: nameOf('1'), to }, around);
  const [result, ...others] = compared;
  assert.ok(result?.changes);
  assert.deepEqual([others, onlyEarlier, onlyLater, result.failure], [[], [], [], undefined]);
  const { counts } = result.changes;
  const told = around.events.flatMap((event) => (event.kind === 'paths-changed' ? event.changes : []));
  assert.ok(told.length > 0);
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    told.length,
  );
  const kinds = around.events.map(({ kind }) => kind).filter((kind) => kind !== 'malformed-tags');
  assert.deepEqual([kinds[0], kinds.at(-1)], ['comparing', 'compared']);
});

test('diff waits until who hears of the paths has caught up', async () => {
  let letGo: (() => void) | undefined;
  let isOver = false;
  const around = surround(makeWorld(), 'a');
  const running = new Promise<void>((resolve) => {
    const drained = (): Promise<void> => {
      resolve(over);
      return new Promise((goOn) => {
        letGo = goOn;
      });
    };
    const to = { kind: 'version', name: nameOf('2') } as const;
    const over = diff({ from: nameOf('1'), to }, { ...around, drained }).then(() => {
      isOver = true;
    });
  });
  // It would be over by then.
  await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 50))]);
  assert.equal(isOver, false);
  assert.ok(letGo);
  letGo();
  await running;
  assert.equal(isOver, true);
});

test('diff of what was named in the wrong order is a fault of usage', async () => {
  const to = { kind: 'version', name: nameOf('1') } as const;
  await assert.rejects(diff({ from: nameOf('2'), to }, surround(makeWorld(), 'a')), { kind: 'usage' });
});

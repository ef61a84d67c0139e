import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, versionsOf } from './steps.js';

/** The versions of an image that are held, as `web:1 web:5`. */
function heldOf({ pools }: Machine): string {
  return pools
    .open('tank/vm')
    .snapshots.filter(({ holds }) => holds.size > 0)
    .map(({ name }) => name.replace('zfs-vm:', ''))
    .join(' ');
}

/** A sender with four versions that its receiver lacks, with others between them: each is a stream of its own. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  await expectRun(world, 'a', 'push b');
  for (let version = 2; version <= 5; version++) {
    a.pools.snapshot([`tank/vm@between-${version}`]);
    a.pools.write(
      'tank/vm',
      Array.from({ length: 100 }, (_, block) => block),
    );
    a.pools.snapshot([`tank/vm@zfs-vm:web:${version}`]);
  }
  return { world, a, b };
}

/** What was held on the sender each second of a push, without repetitions, behind the newest version that the receiver had. */
async function watchPush(args: string): Promise<string[]> {
  const { world, a, b } = await makeWorld();
  const run = world.start('a', args);
  const state: { isOver: boolean } = { isOver: false };
  const finished = run.finished.finally(() => {
    state.isOver = true;
  });
  const seen: string[] = [];
  while (!state.isOver) {
    await world.clock.sleep(1000);
    const now = `${versionsOf(b).split(' ').at(-1) ?? ''}: ${heldOf(a)}`;
    if (seen.at(-1) !== now) seen.push(now);
  }
  assert.equal((await finished).status, 0);
  assert.equal(heldOf(a), '');
  return seen;
}

test('while large increments are sent, holds follow what has come', async () => {
  const seen = await watchPush('push --bwlimit 20K b');
  assert.deepEqual(seen, [
    'web:1: web:1 web:5',
    'web:2: web:1 web:5',
    'web:2: web:2 web:5',
    'web:3: web:2 web:5',
    'web:3: web:3 web:5',
    'web:4: web:4 web:5',
    'web:5: ',
  ]);
});

test('while small increments are sent, what the chain began from stays held', async () => {
  const seen = await watchPush('push --bwlimit 200K b');
  assert.deepEqual(seen, [
    'web:1: web:1 web:5',
    'web:2: web:1 web:5',
    'web:3: web:1 web:5',
    'web:4: web:1 web:5',
    'web:5: ',
  ]);
});

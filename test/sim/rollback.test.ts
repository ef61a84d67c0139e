import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf, describeState } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun, writeWhileRolledBack } from './steps.js';

/** A sender with a version that its receiver lacks, and a receiver that has gone on with so many snapshots: `own-0001` and so on. */
async function makeWorld(count: number): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  await expectRun(world, 'a', 'push b');
  addVersion(a, 'tank/vm', 'web:2');
  for (let index = 1; index <= count; index++) b.pools.snapshot([`tank/vm@${nameOf(index)}`]);
  return { world, a, b };
}

function nameOf(index: number): string {
  return `own-${String(index).padStart(4, '0')}-${'x'.repeat(40)}`;
}

test('nothing is rolled back where one of the snapshots is held: the plan and the push say so before', async () => {
  const { world, a, b } = await makeWorld(3);
  b.pools.hold('keep', `tank/vm@${nameOf(2)}`);
  const state = describeState(b);
  for (const command of ['plan push --rollback b', 'push --rollback --yes b']) {
    const { stdout, stderr } = await expectRun(world, 'a', command, 3);
    assert.match(stdout + stderr, /diverged .*not rolled back, because tank\/vm@own-0002-x+ is held/);
    assert.match(stdout + stderr, /"zfs holds tank\/vm@own-0002-x+" on b/);
    assert.equal(describeState(b), state);
  }
  b.pools.release('keep', `tank/vm@${nameOf(2)}`);
  await expectRun(world, 'a', 'push --rollback --yes b');
  assertHasVersionsOf(b, a);
});

test('the JSON of a conflict has what is held', async () => {
  const { world, b } = await makeWorld(2);
  b.pools.hold('keep', `tank/vm@${nameOf(1)}`);
  const { stdout } = await expectRun(world, 'a', 'plan push --rollback --json b', 3);
  const { conflicts } = JSON.parse(stdout) as { conflicts: { kind: string; held: { name: string }[] }[] };
  assert.deepEqual(
    conflicts.map(({ kind, held }) => [kind, held.map(({ name }) => name)]),
    [['diverged', [`tank/vm@${nameOf(1)}`]]],
  );
});

test('of thousands of snapshots, none is destroyed where one has come to be held since the plan was made', async () => {
  const { world, b } = await makeWorld(3000);
  let state = '';
  b.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'destroy' || state !== '') return;
    b.pools.hold('keep', `tank/vm@${nameOf(2999)}`);
    state = describeState(b);
  };
  await expectRun(world, 'a', 'push --rollback --yes --retries 0 b', 1);
  assert.equal(describeState(b), state);
});

test('what has come since a rollback was shown is kept, and so is what was shown', async () => {
  for (const come of ['snapshot', 'bookmark'] as const) {
    const { world, a, b } = await makeWorld(2);
    let state = '';
    // When the holds have been asked for, the plan is made.
    b.beforeZfs = ([subcommand, ...words]) => {
      if (state !== '' || subcommand !== 'list' || !words.join(' ').includes('userrefs')) return;
      void b.clock.sleep(1).then(() => {
        if (come === 'snapshot') b.pools.snapshot(['tank/vm@mine']);
        else b.pools.bookmark(`tank/vm@${nameOf(2)}`, 'tank/vm#mine');
        state = describeState(b);
      });
    };
    b.delayMs = () => 5;
    const { stderr } = await expectRun(world, 'a', 'push --rollback --yes b', 1);
    assert.match(
      stderr,
      /tank\/vm[@#]mine was added after the confirmation; nothing of tank\/vm was destroyed/,
    );
    assert.equal(describeState(b), state);
    await expectRun(world, 'a', 'push --rollback --yes b');
    assertHasVersionsOf(b, a);
  }
});

test('what is written to a mounted copy while its snapshots are destroyed is not lost', async () => {
  const { world, a, b } = await makeWorld(2);
  const written = writeWhileRolledBack(b);
  await expectRun(world, 'a', 'push --rollback --yes b');
  assert.equal(written.count, 0);
  assertHasVersionsOf(b, a);
  assert.ok(b.pools.open('tank/vm').isMounted);
});

test('what is mounted below a copy stays so while the copy is rolled back', async () => {
  const { world, a, b } = await makeWorld(1);
  b.pools.create('tank/vm/below');
  const [copy, below] = [b.pools.open('tank/vm'), b.pools.open('tank/vm/below')];
  for (const dataset of [copy, below]) dataset.isMounted = true;
  await expectRun(world, 'a', 'push --rollback --yes b');
  assertHasVersionsOf(b, a);
  assert.deepEqual([copy.isMounted, below.isMounted], [true, true]);
});

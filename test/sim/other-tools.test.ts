import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './machine.js';
import { assertHasVersionsOf } from './oracle.js';
import { SimWorld } from './sim-world.js';
import { expectRun, versionsOf } from './steps.js';

// What docs/moving.md says of copies that other tools have made.

/** A host whose image another tool has sent to a place on the other one; nothing of zfs-vm is on either. */
async function makeWorld(
  copy: string,
  snapshots: readonly string[],
): Promise<{ world: SimWorld; a: Machine; b: Machine }> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  for (const [index, name] of snapshots.entries()) {
    a.pools.write('tank/vm', [index, index + 1]);
    a.pools.snapshot([`tank/vm@${name}`]);
  }
  const place = copy.slice(0, copy.lastIndexOf('/'));
  await expectRun(world, 'a', `push --all-snapshots --no-bookmark -n tank/vm -d ${place} b`);
  b.pools.open(copy).properties.delete('zfs-vm:role');
  a.pools.write('tank/vm', [9]);
  return { world, a, b };
}

test('a copy of zrepl is continued from its last snapshot, wherever it is, and found again by itself', async () => {
  const copy = 'tank/zrepl/a/vm';
  const { world, a, b } = await makeWorld(copy, ['zrepl_20240101_000', 'zrepl_20240102_000']);
  await expectRun(world, 'a', 'tag -n web:1 tank/vm');
  const { stdout } = await expectRun(world, 'a', 'push b');
  assert.match(stdout, /using b:tank\/zrepl\/a\/vm as the copy/);
  assert.match(stdout, /incremental since tank\/vm@zrepl_20240102_000/);
  assertHasVersionsOf(b, a);
  a.pools.write('tank/vm', [10]);
  await expectRun(world, 'a', 'tag tank/vm');
  await expectRun(world, 'a', 'push b');
  assert.equal(versionsOf(b, copy), 'zrepl_20240101_000 zrepl_20240102_000 web:1 web:2');
});

test('a bookmark that another tool has left is a base, when its snapshot is gone', async () => {
  const { world, a, b } = await makeWorld('tank/backup/vm', ['zrepl_20240101_000']);
  a.pools.bookmark('tank/vm@zrepl_20240101_000', 'tank/vm#zrepl_CURSOR_G_1_J_push');
  a.pools.destroySnapshots('tank/vm', ['zrepl_20240101_000']);
  await expectRun(world, 'a', 'tag -n web:1 tank/vm');
  const { stdout } = await expectRun(world, 'a', 'push -d tank/backup b');
  assert.match(stdout, /incremental since tank\/vm#zrepl_CURSOR_G_1_J_push/);
  assertHasVersionsOf(b, a);
});

test('a snapshot of another tool is a version once it is renamed on both hosts', async () => {
  const { world, a, b } = await makeWorld('tank/backup/vm', ['autosnap_daily', 'syncoid_a']);
  a.pools.renameSnapshot('tank/vm@syncoid_a', 'tank/vm@zfs-vm:web:1');
  b.pools.renameSnapshot('tank/backup/vm@syncoid_a', 'tank/backup/vm@zfs-vm:web:1');
  assert.match((await expectRun(world, 'a', 'status b')).stdout, /web +b +1 .*up to date/);
  await expectRun(world, 'a', 'tag tank/vm');
  await expectRun(world, 'a', 'push -d tank/backup b');
  assert.equal(versionsOf(b, 'tank/backup/vm'), 'autosnap_daily web:1 web:2');
});

test('snapshots that a tool has made on the receiver only are a conflict', async () => {
  const { world, b } = await makeWorld('tank/backup/vm', ['syncoid_a']);
  b.pools.snapshot(['tank/backup/vm@autosnap_hourly']);
  await expectRun(world, 'a', 'tag -n web:1 tank/vm');
  const { stderr } = await expectRun(world, 'a', 'push -d tank/backup b', 3);
  assert.match(
    stderr,
    /diverged after tank\/vm@syncoid_a: b:tank\/backup\/vm has tank\/backup\/vm@autosnap_hourly/,
  );
});

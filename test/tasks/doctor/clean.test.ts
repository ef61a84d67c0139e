import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../../src/base/errors.js';
import { clean } from '../../../src/tasks/doctor/clean.js';
import { keptBookmarks } from '../../../src/tasks/doctor/judge-leftovers.js';
import { findGrant } from '../../../src/tasks/doctor/find-grant.js';
import { describeState } from '../../sim/oracle.js';
import { SimWorld } from '../../sim/sim-world.js';
import { surround } from '../sim-surroundings.js';

const [tag, snapshot] = ['zfs-vm:77-0123abcd', 'tank/vm@zfs-vm:web:1'];

/** A host with a hold of a run of host a that has died, one of somebody else, and a bookmark of each of ten versions more than are kept. */
async function makeWorld(): Promise<SimWorld> {
  const world = new SimWorld();
  world.addMachine('a');
  const b = world.addMachine('b');
  b.pools.create('tank/vm');
  for (let version = 1; version <= keptBookmarks + 10; version++) {
    b.pools.snapshot([`tank/vm@zfs-vm:web:${version}`]);
    b.pools.bookmark(`tank/vm@zfs-vm:web:${version}`, `tank/vm#zfs-vm:web:${version}`);
  }
  b.pools.bookmark(snapshot, 'tank/vm#mine');
  b.pools.hold(tag, snapshot);
  b.pools.hold('mine', snapshot);
  let isAlive = true;
  const journal = world.journal('a').open(() => isAlive);
  await journal.write({ host: 'b', zfs: ['zfs'], tag, snapshots: [snapshot], pid: 77, isTaken: true });
  isAlive = false;
  return world;
}

test('clean shows what earlier runs have left, and removes that and nothing else', async () => {
  const world = await makeWorld();
  const around = surround(world, 'a');
  const { removed, failures } = await clean({ host: 'b' }, around);
  assert.deepEqual(failures, []);
  assert.deepEqual(
    removed.map((leftover) => (leftover.kind === 'bookmark' ? leftover.name : leftover.kind)),
    ['hold', ...Array.from({ length: 10 }, (_each, index) => `tank/vm#zfs-vm:web:${index + 1}`)],
  );
  assert.equal(around.asked.length, removed.length);
  const { pools } = world.machine('b');
  assert.deepEqual([...pools.openSnapshot(snapshot).holds.keys()], ['mine']);
  assert.equal(pools.open('tank/vm').bookmarks.length, keptBookmarks + 1);
  assert.deepEqual(world.journal('a').records, []);
  assert.deepEqual((await clean({ host: 'b' }, surround(world, 'a'))).removed, []);
});

test('clean that is not confirmed changes nothing', async () => {
  const world = await makeWorld();
  const before = describeState(world.machine('b'));
  const refusal = new ZfsVmError('conflict', 'no');
  await assert.rejects(clean({ host: 'b' }, surround(world, 'a', { refuse: () => refusal })), refusal);
  assert.equal(describeState(world.machine('b')), before);
});

test('the command cleans with --yes, and then finds nothing', async () => {
  const world = await makeWorld();
  const refused = await world.run('a', 'doctor --clean b');
  assert.equal(refused.status, 3);
  const { status, stdout, stderr } = await world.run('a', 'doctor --clean --yes b');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /release b:tank\/vm@zfs-vm:web:1.*11 leftovers removed on b/s);
  assert.match(stdout, /^ok +leftovers +none$/m);
});

test('a grant is for the version that is there, and the user who logs in unless one is named', async () => {
  const world = await makeWorld();
  world.addUser('zed', {});
  const request = { host: 'zed@b', role: 'append-only', dataset: 'tank/vm' } as const;
  const { user, grant, version } = await findGrant(request, surround(world, 'a'));
  assert.deepEqual([user, version.text, grant.permissions[0]], ['zed', '2.3.9', 'receive:append']);
  const { status, stdout } = await world.run('a', 'doctor --grant sender --user backup -d tank/vm b');
  assert.equal(status, 0);
  assert.match(stdout, /^zfs allow -u backup send,hold,release,bookmark tank\/vm$/m);
  assert.equal((await world.run('a', 'doctor --grant sender b')).status, 2);
  assert.equal((await world.run('a', 'doctor --user backup b')).status, 2);
});

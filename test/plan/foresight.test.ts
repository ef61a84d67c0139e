import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Foresight } from '../../src/plan/foresight.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import type { Datasets } from '../../src/streamline/dataset.js';
import { world } from '../worlds.js';

/** What datasets have, e.g. `tank/vm: zfs-vm:web:1`. */
function show(datasets: Datasets): string[] {
  return [...datasets.values()].flatMap(({ name, snapshots }) =>
    snapshots.length === 0 ? [] : [`${name}: ${snapshots.map((snapshot) => snapshot.name).join(' ')}`],
  );
}

test('what is made is the newest of its dataset, and has nothing written after it', () => {
  const foresight = new Foresight(1000);
  foresight.addMade('local', ['tank/vm@zfs-vm:web:2', 'tank/gone@zfs-vm:web:2']);
  const before = world('tank/vm (modified): web:1', 'tank/other: x:1');
  const after = foresight.apply('local', before);
  assert.deepEqual(show(after), ['tank/vm: zfs-vm:web:1 zfs-vm:web:2', 'tank/other: zfs-vm:x:1']);
  const [old, made] = after.get('tank/vm')?.snapshots ?? [];
  assert.ok(old !== undefined && made !== undefined);
  assert.ok(made.createtxg > old.createtxg && made.guid !== old.guid);
  assert.deepEqual([made.createdAtSeconds, after.get('tank/vm')?.writtenBytes], [1000, 0]);
  assert.deepEqual([foresight.isComing('local', made), foresight.isComing('local', old)], [true, false]);
  assert.equal(foresight.apply('b', before), before);
});

test('what a plan brings is there afterwards, new datasets too, and then there is nothing left to send', () => {
  const sender = world('tank/vm: web:1 web:2', 'tank/new < tank/vm@web:1: new:1');
  const receiver = world('tank/x/vm: web:1');
  const request = {
    ...{ sender, receiver, destination: 'tank/x', choice: { patterns: [], latest: false } },
    ...{ rollback: false, replace: false },
  };
  const foresight = new Foresight(1000);
  foresight.addPlan('b', planTransfer(request), sender);
  const after = foresight.apply('b', receiver);
  assert.deepEqual(show(after), ['tank/x/vm: zfs-vm:web:1 zfs-vm:web:2', 'tank/x/new: zfs-vm:new:1']);
  assert.equal(after.get('tank/x/new')?.origin, 'tank/x/vm@zfs-vm:web:1');
  const { chains, conflicts } = planTransfer({ ...request, receiver: after });
  assert.deepEqual([chains, conflicts], [[], []]);
});

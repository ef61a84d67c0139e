import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destroySnapshotsArguments, parseReclaim, reclaimArguments } from '../../src/zfs/destroy.js';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';

test('snapshots of a dataset are destroyed in one call, and nothing that belongs to them', () => {
  const names = ['zfs-vm:web:1', 'zfs-vm:web:2'];
  assert.deepEqual(destroySnapshotsArguments('tank/my vm', names), [
    'destroy',
    'tank/my vm@zfs-vm:web:1,zfs-vm:web:2',
  ]);
  assert.deepEqual(reclaimArguments('tank', names).slice(1, 4), ['-n', '-v', '-p']);
});

// zfs destroy -n -v -p tank/vm@zfs-vm:web:1,zfs-vm:web:2   (OpenZFS 2.3.2)
test('what a destruction frees is in its last line', () => {
  const output = 'destroy\ttank/vm@zfs-vm:web:1\ndestroy\ttank/vm@zfs-vm:web:2\nreclaim\t2105344\n';
  assert.equal(parseReclaim(output), 2_105_344);
});

test('anything else is refused', () => {
  for (const output of [
    '',
    'reclaim\t1.5M\n',
    'warning: x\nreclaim\t1\n',
    'destroy\ttank@a\n',
    'reclaim\t1\nmore\n',
  ]) {
    assert.throws(() => parseReclaim(output), UnreadableOutput, output);
  }
});

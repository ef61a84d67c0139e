import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';
import { parseHoldTags, parseSnapshotFacts } from '../../src/zfs/version-facts.js';

test('the facts of snapshots are read, with notes and without', () => {
  const facts = { createdAtSeconds: 5, referencedBytes: 100, usedBytes: 7, holdCount: 1 };
  assert.deepEqual(parseSnapshotFacts('tank/a@b\t5\t100\t7\t1\tgrün\tgrün\n', { withNotes: true }), [
    ['tank/a@b', { ...facts, note: 'grün' }],
  ]);
  assert.deepEqual(parseSnapshotFacts('tank/a@b\t5\t100\t7\t1\t-\t-\n', { withNotes: true }), [
    ['tank/a@b', { ...facts, note: undefined }],
  ]);
  assert.deepEqual(parseSnapshotFacts('tank/a@b\t5\t100\t7\t1\n', { withNotes: false }), [
    ['tank/a@b', { ...facts, note: undefined }],
  ]);
});

test('the tags of holds are read, whenever they were made', () => {
  assert.deepEqual(parseHoldTags('tank/a@b\tmine\tSat Jan  3 12:00 2026\ntank/a@b\tzfs-vm:1\t1704067200\n'), [
    ['tank/a@b', 'mine'],
    ['tank/a@b', 'zfs-vm:1'],
  ]);
});

for (const line of [
  'x',
  'tank/a\t5\t1\t1\t0',
  'tank/a@b\t5\t1\t1\tx',
  'tank/a@b\t5\t1\t1\t0\ta',
  'tank/a@b\t5\t1\t1\t0\ta\tb',
]) {
  test(`${JSON.stringify(line)} is no snapshot with its facts`, () => {
    for (const withNotes of [true, false]) {
      assert.throws(() => parseSnapshotFacts(`${line}\n`, { withNotes }), UnreadableOutput);
    }
  });
}

for (const line of ['tank/a@b', 'tank/a\tmine\t5', 'tank/a@b\t\t5', 'tank/a@b\tmine\t5\t6']) {
  test(`${JSON.stringify(line)} is no hold`, () => {
    assert.throws(() => parseHoldTags(`${line}\n`), UnreadableOutput);
  });
}

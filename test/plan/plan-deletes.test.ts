import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planDeletes } from '../../src/plan/plan-deletes.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { fullNameOf, type Datasets } from '../../src/streamline/dataset.js';
import { parsePattern, type VersionPattern } from '../../src/streamline/selection.js';
import { world } from '../worlds.js';

/** What would be deleted on the receiver, as `dataset@streamline:version`. */
function findDeletes(
  { sender, receiver }: { sender: Datasets; receiver: Datasets },
  {
    name = '',
    held = [],
    rollback = false,
    replace = false,
  }: { name?: string; held?: string[]; rollback?: boolean; replace?: boolean } = {},
): string {
  const pattern = parsePattern(name);
  const patterns: VersionPattern[] = pattern === undefined ? [] : [pattern];
  const choice = { patterns, latest: false };
  const plan = planTransfer({ sender, receiver, choice, destination: undefined, rollback, replace });
  return planDeletes({ sender, receiver, plan, patterns, held: new Set(held) })
    .flatMap(({ snapshots }) => snapshots.map(fullNameOf))
    .map((fullName) => fullName.replace('zfs-vm:', ''))
    .sort()
    .join(' ');
}

for (const [what, sender, receiver, expected] of [
  ['what the sender no longer has', 'web:2 web:3', 'web:1 web:2 web:3', 'tank/vm@web:1'],
  ['nothing where all is there', 'web:1 web:2', 'web:1 web:2', ''],
  ['nothing the receiver made itself', 'web:2', 'web:1 web:2 web:5', 'tank/vm@web:1'],
  ['nothing that was never tagged', 'web:2', '@mine web:1 web:2', 'tank/vm@web:1'],
  ['nothing of another history', 'web:2~x', 'web:1 web:2', ''],
  ['not the base, while nothing newer comes', '#web:2', 'web:1 web:2', ''],
  ['the base, when something newer comes', '#web:2 web:3', 'web:1 web:2', 'tank/vm@web:1 tank/vm@web:2'],
] as const) {
  test(`deleted: ${what}`, () => {
    const sides = { sender: world(`tank/vm: ${sender}`), receiver: world(`tank/vm: ${receiver}`) };
    assert.equal(findDeletes(sides), expected);
  });
}

test('only chosen versions are deleted', () => {
  const sides = {
    sender: world('tank/vm: web:3 db:1'),
    receiver: world('tank/vm: db:0 web:1 web:2 web:3 db:1'),
  };
  assert.equal(findDeletes(sides, { name: 'web' }), 'tank/vm@web:1 tank/vm@web:2');
  assert.equal(findDeletes(sides, { name: 'db' }), 'tank/vm@db:0');
});

test('what the receiver cloned something from stays, and what is about to be cloned from', () => {
  const receiver = world('tank/vm: web:1 web:2 web:3', 'tank/c < tank/vm@web:1:');
  assert.equal(findDeletes({ sender: world('tank/vm: web:3'), receiver }), 'tank/vm@web:2');
});

test('what --replace destroys in a member keeps no version of its tree', () => {
  const receiver = world('tank/t: web:1 web:2', 'tank/t/d: web:1~y');
  const sender = world('tank/t: web:2', 'tank/t/d: web:2~d');
  assert.equal(findDeletes({ sender, receiver }), '');
  assert.equal(findDeletes({ sender, receiver }, { replace: true }), 'tank/t@web:1');
});

test('what was set aside below a tree goes with none of its versions, and keeps none', () => {
  const receiver = world(
    'tank/t: web:1 web:2',
    'tank/t/d: web:1~d web:2~d',
    'tank/t/d-aside (aside of tank/t/d): web:1~x web:9~x',
  );
  const sender = world('tank/t: web:2', 'tank/t/d: web:2~d');
  assert.equal(findDeletes({ sender, receiver }), 'tank/t/d@web:1 tank/t@web:1');
});

test('nothing goes of what follows another source, though the newest version is in it', () => {
  const sender = world('tank/vm: web:2', 'tank/other: db:1');
  for (const role of ['copy of tank/other', 'copy of c:tank/vm', 'aside of tank/vm']) {
    assert.equal(findDeletes({ sender, receiver: world(`tank/vm (${role}): web:1 web:2`) }), '', role);
  }
  const own = world('tank/vm (copy of tank/vm): web:1 web:2');
  assert.equal(findDeletes({ sender, receiver: own }), 'tank/vm@web:1');
});

test('what an interrupted receive goes on from stays only if the receive does', () => {
  const sender = world('tank/vm: #web:2 web:3');
  const completed = world('tank/vm (partial web:3 since web:2): web:1 web:2');
  assert.equal(findDeletes({ sender, receiver: completed }), 'tank/vm@web:1 tank/vm@web:2');
  const foreign = world('tank/vm: web:1 web:2', 'tank/of-others (partial web:9 since web:1):');
  assert.equal(findDeletes({ sender, receiver: foreign }), 'tank/vm@web:2');
});

test('a version that the sender has in another dataset by now is not gone', () => {
  const sides = {
    sender: world('tank/new: web:1', 'tank/vm < tank/new@web:1: web:2'),
    receiver: world('tank/vm: web:1 web:2'),
  };
  assert.equal(findDeletes(sides), '');
});

test('what is held stays, with all of its tree', () => {
  const sides = {
    sender: world('tank/vm: web:3', 'tank/vm/a: web:3'),
    receiver: world('tank/vm: web:1 web:2 web:3', 'tank/vm/a: web:1 web:2 web:3'),
  };
  assert.equal(findDeletes(sides, { held: ['tank/vm/a@zfs-vm:web:1'] }), 'tank/vm/a@web:2 tank/vm@web:2');
});

test('in a dataset that is gone from the sender, the newest version stays', () => {
  const sides = {
    sender: world('tank/vm: web:3'),
    receiver: world('tank/vm: web:1 web:2 web:3', 'tank/vm/gone (copy of tank/vm/gone): web:1 web:2'),
  };
  assert.equal(findDeletes(sides), 'tank/vm/gone@web:1 tank/vm@web:1 tank/vm@web:2');
});

test('what lies below a copy, and is not marked as the copy of what is gone, keeps its versions', () => {
  for (const below of [
    'tank/vm/try',
    'tank/vm/try (copy of c:tank/vm/try)',
    'tank/vm/try (copy of tank/other)',
  ]) {
    const sides = {
      sender: world('tank/vm: web:3', 'tank/other: other:1'),
      receiver: world('tank/vm: web:1 web:2 web:3', `${below}: web:1 web:2`, 'tank/other: other:1'),
    };
    assert.equal(findDeletes(sides), '', below);
  }
});

const history = fc.subarray(['web:1', 'web:2', 'web:3', 'web:4', 'web:5', '@a', '@b']);

test('whatever was pruned where, nothing goes that the sender has, nor the newest common snapshot or what follows it', () => {
  fc.assert(
    fc.property(history, history, fc.boolean(), (ours, theirs, rollback) => {
      const sides = {
        sender: world(`tank/vm: ${ours.join(' ')}`),
        receiver: world(`tank/vm: ${theirs.join(' ')}`),
      };
      const deleted = findDeletes(sides, { rollback })
        .split(' ')
        .map((name) => name.replace(/.*@/, ''));
      const lastCommon = theirs.findLastIndex((name) => ours.includes(name));
      for (const [index, name] of theirs.entries()) {
        if (!deleted.includes(name)) continue;
        assert.ok(!ours.includes(name) && index < lastCommon && name.startsWith('web:'), name);
      }
    }),
    { numRuns: 1000 },
  );
});

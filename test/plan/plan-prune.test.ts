import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { groupByDataset } from '../../src/plan/destruction.js';
import { planPrune, type PrunePlan, type PruneRequest } from '../../src/plan/plan-prune.js';
import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../../src/streamline/dataset.js';
import { readShortTag } from '../../src/streamline/tag.js';
import { world } from '../worlds.js';

/** What goes, as `dataset@streamline:version`, when only the newest is kept. */
function prune(datasets: Datasets, more: Partial<PruneRequest> = {}): PrunePlan {
  return planPrune({
    ...{ datasets, patterns: [], retentionOf: () => ({ last: 1 }), nowSeconds: 0 },
    ...{ held: new Set<string>(), receivers: [], senders: [], ...more },
  });
}

function goingIn({ destructions }: PrunePlan): string {
  return destructions
    .flatMap(({ snapshots }) => snapshots.map(fullNameOf))
    .map((name) => name.replace('zfs-vm:', ''))
    .sort()
    .join(' ');
}

test('copies of a version count once, and go or stay alike', () => {
  const datasets = world('tank/vm: web:1 web:2 web:3', 'tank/copy: web:1 web:2 web:3');
  const retentionOf = (): { last: number } => ({ last: 2 });
  assert.equal(goingIn(prune(datasets, { retentionOf })), 'tank/copy@web:1 tank/vm@web:1');
});

test('a streamline without rules is left alone', () => {
  const datasets = world('tank/vm: web:1 web:2', 'tank/db: db:1 db:2');
  const plan = prune(datasets, { retentionOf: (name) => (name === 'web' ? { last: 1 } : undefined) });
  assert.equal(goingIn(plan), 'tank/vm@web:1');
  assert.equal(goingIn(prune(datasets, { retentionOf: () => ({}) })), '');
});

test('the newest version of a streamline stays, also where its dataset has gone on as another streamline', () => {
  const retentionOf = (): { withinSeconds: number } => ({ withinSeconds: 60 });
  const plan = prune(world('tank/vm: web:1 web:2 db:1 db:2'), { retentionOf, nowSeconds: 3600 });
  assert.equal(goingIn(plan), 'tank/vm@db:1 tank/vm@web:1');
});

test('other snapshots are none of its business', () => {
  assert.equal(goingIn(prune(world('tank/vm: @a web:1 @b web:2 @c'))), 'tank/vm@web:1');
});

test('for senders, the copy of another host stays', () => {
  const senders = [{ name: 'local', datasets: world('tank/vm: web:3') }];
  const datasets = world(
    'tank/own (copy of tank/vm): web:1 web:3',
    'tank/theirs (copy of c:tank/vm): web:1 web:3',
  );
  assert.equal(goingIn(prune(datasets, { senders })), 'tank/own@web:1');
  assert.equal(goingIn(prune(datasets)), 'tank/own@web:1 tank/theirs@web:1');
});

test('what was set aside stays, and it is told why', () => {
  const datasets = world('tank/vm: web:1 web:2 web:4', 'tank/old (aside of tank/vm): web:1~x web:2~x web:3');
  const plan = prune(datasets);
  assert.equal(goingIn(plan), 'tank/vm@web:1 tank/vm@web:2');
  const fates = plan.streamlines.flatMap((streamline) => streamline.fates);
  assert.deepEqual(
    fates.map(({ tree: { root }, reasons }) => [fullNameOf(root), ...reasons.map(({ kind }) => kind)]),
    [
      ['tank/old@zfs-vm:web:1', 'set-aside'],
      ['tank/vm@zfs-vm:web:1'],
      ['tank/old@zfs-vm:web:2', 'set-aside'],
      ['tank/vm@zfs-vm:web:2'],
      ['tank/old@zfs-vm:web:3', 'set-aside'],
      ['tank/vm@zfs-vm:web:4', 'rule', 'newest-of-streamline', 'newest-of-dataset'],
    ],
  );
});

test('what was set aside is neither the newest nor counted by a rule', () => {
  const datasets = world('tank/vm: web:1 web:2 web:3', 'tank/old (aside of tank/vm): web:8 web:9');
  const plan = prune(datasets, { retentionOf: () => ({ last: 2 }) });
  assert.equal(goingIn(plan), 'tank/vm@web:1');
  const [streamline] = plan.streamlines;
  const newest = streamline?.fates.filter(({ reasons }) =>
    reasons.some(({ kind }) => kind === 'newest-of-streamline'),
  );
  assert.deepEqual(
    newest?.map(({ tree }) => fullNameOf(tree.root)),
    ['tank/vm@zfs-vm:web:3'],
  );
});

test('what was set aside below a tree keeps no version of the tree', () => {
  const datasets = world(
    'tank/t: web:1 web:2',
    'tank/t/disk: web:1~disk web:2~disk',
    'tank/t/disk-set-aside (aside of tank/t/disk): web:1~x',
  );
  assert.equal(goingIn(prune(datasets)), 'tank/t/disk@web:1 tank/t@web:1');
});

test('the version that what was set aside is a clone of stays', () => {
  const datasets = world(
    'tank/vm: web:1 web:2 web:3',
    'tank/old (aside of tank/vm) < tank/vm@web:1: web:2~x',
  );
  assert.equal(goingIn(prune(datasets)), 'tank/vm@web:2');
});

test('what is below a dataset goes before it, each dataset in one command', () => {
  const { destructions } = prune(world('tank/vm: web:1 web:2 web:3', 'tank/vm/a: web:1 web:2 web:3'));
  assert.deepEqual(
    destructions.map(({ dataset, snapshots }) => [dataset, snapshots.length]),
    [
      ['tank/vm/a', 2],
      ['tank/vm', 2],
    ],
  );
});

test('thousands of snapshots of a dataset go in several commands that fit', () => {
  const snapshots = Array.from({ length: 9000 }, (_, index): TaggedSnapshot => {
    const tag = readShortTag(`long-name:${index}`);
    assert.ok(tag.kind === 'tag');
    const point = { dataset: 'tank/vm', name: `zfs-vm:long-name:${index}`, guid: BigInt(index) };
    return { kind: 'snapshot', ...point, createtxg: index, tag: tag.tag };
  });
  const groups = groupByDataset(snapshots);
  assert.ok(groups.length > 1 && groups.length < 5);
  assert.deepEqual(
    groups.flatMap((group) => group.snapshots),
    snapshots,
  );
  for (const group of groups) {
    assert.ok(group.snapshots.map(({ name }) => name).join(',').length <= 100_000);
  }
});

test('the last common version with a named receiver is bookmarked first, unless its bookmark is there', () => {
  const receivers = [{ name: 'b', datasets: world('backup/vm: web:1 web:2') }];
  const bookmarksOf = (line: string): string[] => {
    const plan = prune(world(line), { receivers });
    assert.match(goingIn(plan), /web:1 .*web:2/);
    return plan.bookmarks.map(({ snapshot }) => snapshot.name);
  };
  assert.deepEqual(bookmarksOf('tank/vm: web:1 web:2 web:3'), ['zfs-vm:web:2']);
  assert.deepEqual(bookmarksOf('tank/vm: web:1 web:2 #web:2 web:3'), []);
});

test('where the host has gone another way, the last version that a sender has, too, or its bookmark, stays', () => {
  const diverged = world('tank/vm: web:1 web:2 web:3~own web:4~own', 'tank/db: db:1 db:2');
  for (const known of ['tank/vm: web:1 web:2 web:3', 'tank/vm: #web:2 web:3']) {
    const senders = [{ name: 'local', datasets: world(known, 'tank/db: db:1 db:2 db:3', 'tank/here:') }];
    const plan = prune(diverged, { senders });
    assert.equal(goingIn(plan), 'tank/db@db:1 tank/vm@web:1 tank/vm@web:3');
    const kept = plan.streamlines
      .flatMap(({ fates }) => fates)
      .find(({ tree }) => tree.root.name === 'zfs-vm:web:2');
    assert.deepEqual(kept?.reasons, [
      { kind: 'sender-common', snapshot: 'tank/vm@zfs-vm:web:2', senders: ['local'] },
    ]);
  }
});

test('each copy of a receiver has its own last common version', () => {
  const receivers = [{ name: 'b', datasets: world('backup/vm: web:1 web:2', 'old/vm: web:1') }];
  const { bookmarks } = prune(world('tank/vm: web:1 web:2 web:3'), { receivers });
  assert.deepEqual(
    bookmarks.map(({ snapshot }) => snapshot.name),
    ['zfs-vm:web:1', 'zfs-vm:web:2'],
  );
});

test('a version of which no bookmark can be made stays', () => {
  const receivers = [{ name: 'b', datasets: world('backup/vm: web:1 web:2') }];
  const datasets = world('tank/vm: web:1 web:2 web:3');
  const withoutBookmark = new Set(['tank/vm@zfs-vm:web:2']);
  const plan = prune(datasets, { receivers, withoutBookmark });
  assert.equal(goingIn(plan), 'tank/vm@web:1');
  assert.deepEqual(plan.bookmarks, []);
});

const line = fc
  .array(fc.constantFrom('web:1', 'web:2', 'web:3', 'web:4', 'db:1', 'db:2', '@other'), { maxLength: 7 })
  .map((words) => [...new Set(words)].join(' '));

test('whatever there is, the newest version of each dataset and streamline stays, and no tree is torn', () => {
  fc.assert(
    fc.property(line, line, line, fc.boolean(), (vm, member, clone, isHeld) => {
      const datasets = world(
        `tank/vm: web:1 ${vm}`,
        `tank/vm/a: ${member}`,
        `tank/c < tank/vm@web:1: ${clone}`,
      );
      const all = [...datasets.values()].flatMap(({ snapshots }) => snapshots);
      const held = new Set(all.filter((_, index) => isHeld && index % 3 === 0).map(fullNameOf));
      const { destructions } = prune(datasets, { held });
      const going = destructions.flatMap(({ snapshots }) => snapshots);
      const names = new Set(going.map(fullNameOf));
      assert.ok(!names.has('tank/vm@zfs-vm:web:1'), 'it has a clone');
      for (const { snapshots } of datasets.values()) {
        const newest = snapshots.findLast(isTagged);
        assert.ok(newest === undefined || !names.has(fullNameOf(newest)));
      }
      for (const snapshot of going) {
        assert.ok(isTagged(snapshot) && !held.has(fullNameOf(snapshot)));
        const others = all.filter(
          ({ name, dataset }) => name === snapshot.name && dataset.startsWith('tank/vm'),
        );
        const isOfTree =
          snapshot.dataset.startsWith('tank/vm') && others.some(({ dataset }) => dataset === 'tank/vm');
        if (isOfTree) assert.ok(others.every((other) => names.has(fullNameOf(other))));
      }
    }),
    { numRuns: 1000 },
  );
});

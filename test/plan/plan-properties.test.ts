import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildInventory } from '../../src/inventory/inventory.js';
import type { Plan, Step } from '../../src/plan/plan.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import type { Datasets, Point } from '../../src/streamline/dataset.js';
import type { DatasetRow, SnapshotRow } from '../../src/zfs/list.js';

/**
 * A host as simple as can be: it takes the operations that ZFS takes, and refuses what ZFS refuses. Random worlds are made
 * with it, and plans are applied to it.
 */
class ModelHost {
  readonly datasets = new Map<
    string,
    { origin: string | undefined; snapshots: ModelSnapshot[]; bookmarks: ModelSnapshot[] }
  >();
  #txg = 0;

  create(name: string): void {
    assert.ok(!this.datasets.has(name), `${name} exists`);
    const parent = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    assert.ok(parent === '' || this.datasets.has(parent), `${name} has no parent`);
    this.datasets.set(name, { origin: undefined, snapshots: [], bookmarks: [] });
  }

  snapshot(dataset: string, name: string, guid: bigint): void {
    this.get(dataset).snapshots.push({ name, guid, createtxg: ++this.#txg });
  }

  clone(origin: string, name: string): void {
    this.create(name);
    this.get(name).origin = origin;
  }

  /** The clone takes over its origin's snapshots up to the origin, and the origin's dataset becomes a clone of it. */
  promote(name: string): void {
    const clone = this.get(name);
    if (clone.origin === undefined) return;
    const origin = clone.origin;
    const [parentName = '', snapshotName = ''] = origin.split('@');
    const parent = this.get(parentName);
    const index = parent.snapshots.findIndex((snapshot) => snapshot.name === snapshotName);
    const moved = parent.snapshots.splice(0, index + 1);
    if (moved.some((snapshot) => clone.snapshots.some(({ name: own }) => own === snapshot.name))) {
      parent.snapshots.unshift(...moved);
      return;
    }
    clone.snapshots.unshift(...moved);
    clone.origin = parent.origin;
    parent.origin = `${name}@${snapshotName}`;
    for (const other of this.datasets.values()) {
      const [otherParent, otherName] = other.origin?.split('@') ?? [];
      if (
        other !== parent &&
        otherParent === parentName &&
        moved.some((snapshot) => snapshot.name === otherName)
      ) {
        other.origin = `${name}@${otherName ?? ''}`;
      }
    }
  }

  /** Destroys a snapshot unless something is cloned from it, perhaps leaving a bookmark. */
  destroySnapshot(dataset: string, index: number, leaveBookmark: boolean): void {
    const { snapshots, bookmarks } = this.get(dataset);
    const snapshot = snapshots[index % Math.max(1, snapshots.length)];
    if (snapshot === undefined || this.#isOrigin(`${dataset}@${snapshot.name}`)) return;
    if (leaveBookmark) bookmarks.push(snapshot);
    snapshots.splice(snapshots.indexOf(snapshot), 1);
  }

  /** What `zfs receive` does with a step, refusing what it would refuse. */
  receive(destination: string, step: Step): void {
    const copy = { name: step.to.name, guid: step.to.guid, createtxg: ++this.#txg };
    switch (step.kind) {
      case 'full':
        this.create(destination);
        break;
      case 'incremental': {
        const newest = this.get(destination).snapshots.at(-1);
        assert.equal(newest?.guid, step.from.guid, `the base must be the newest snapshot of ${destination}`);
        break;
      }
      case 'clone': {
        const [dataset = '', name = ''] = step.origin.split('@');
        const origin = this.get(dataset).snapshots.find((snapshot) => snapshot.name === name);
        assert.equal(origin?.guid, step.from.guid, `${step.origin} must be there to be cloned`);
        this.clone(step.origin, destination);
        break;
      }
      case 'resume':
        assert.fail('nothing was interrupted');
    }
    const { snapshots } = this.get(destination);
    assert.ok(!snapshots.some(({ name }) => name === copy.name), `${destination}@${copy.name} exists`);
    snapshots.push(copy);
  }

  hasGuid(guid: bigint): boolean {
    return [...this.datasets.values()].some(({ snapshots }) =>
      snapshots.some((snapshot) => snapshot.guid === guid),
    );
  }

  toDatasets(): Datasets {
    const rows: DatasetRow[] = [];
    const points: SnapshotRow[] = [];
    for (const [name, { origin, snapshots, bookmarks }] of this.datasets) {
      rows.push({
        name,
        type: 'filesystem',
        origin,
        encrypted: false,
        writtenBytes: 0,
        resumeToken: undefined,
      });
      points.push(
        ...snapshots.map((snapshot) => ({ ...snapshot, kind: 'snapshot' as const, dataset: name })),
      );
      points.push(
        ...bookmarks.map((bookmark) => ({ ...bookmark, kind: 'bookmark' as const, dataset: name })),
      );
    }
    return buildInventory(rows, points).datasets;
  }

  get(name: string): NonNullable<ReturnType<typeof this.datasets.get>> {
    const dataset = this.datasets.get(name);
    assert.ok(dataset, `${name} isn't there`);
    return dataset;
  }

  #isOrigin(snapshot: string): boolean {
    return [...this.datasets.values()].some(({ origin }) => origin === snapshot);
  }
}

interface ModelSnapshot {
  readonly name: string;
  readonly guid: bigint;
  readonly createtxg: number;
}

/** Something that a person does to a host: which operation, and two numbers that choose its objects. */
type Deed = readonly [
  what: 'create' | 'child' | 'tag' | 'clone' | 'promote' | 'prune' | 'bookmark',
  first: number,
  second: number,
];

const deeds = fc.array(
  fc.tuple(
    fc.constantFrom<Deed[0]>(
      'create',
      'child',
      'tag',
      'tag',
      'tag',
      'clone',
      'clone',
      'promote',
      'prune',
      'bookmark',
    ),
    fc.nat(50),
    fc.nat(50),
  ),
  { maxLength: 40 },
);

/** A sender after these deeds. GUIDs and names count on from `firstGuid`, so that two hosts never make the same ones. */
function act(host: ModelHost, list: readonly Deed[], counter: { next: number }): void {
  for (const [what, first, second] of list) {
    const names = [...host.datasets.keys()].filter((name) => name !== 'tank');
    const chosen = names[first % Math.max(1, names.length)];
    const fresh = `tank/d${counter.next}`;
    const snapshots = chosen === undefined ? [] : host.get(chosen).snapshots;
    const snapshot = snapshots[second % Math.max(1, snapshots.length)];
    counter.next++;
    if (what === 'create') {
      host.create(fresh);
    } else if (chosen === undefined) {
      continue;
    } else if (what === 'child') {
      host.create(`${chosen}/c${counter.next}`);
    } else if (what === 'tag') {
      host.snapshot(chosen, `zfs-vm:s${second % 3}:${counter.next}`, BigInt(counter.next));
    } else if (what === 'promote') {
      host.promote(chosen);
    } else if (what === 'prune') {
      host.destroySnapshot(chosen, second, false);
    } else if (what === 'bookmark') {
      host.destroySnapshot(chosen, second, true);
    } else if (snapshot !== undefined) {
      host.clone(`${chosen}@${snapshot.name}`, fresh);
    }
  }
}

function makeHost(): ModelHost {
  const host = new ModelHost();
  host.create('tank');
  return host;
}

function plan(sender: ModelHost, receiver: ModelHost, destination?: string): Plan {
  return planTransfer({
    sender: sender.toDatasets(),
    receiver: receiver.toDatasets(),
    choice: { patterns: [], latest: false, allSnapshots: false },
    destination,
    rollback: false,
    replace: false,
  });
}

function apply(receiver: ModelHost, { chains }: Plan): void {
  for (const { parents, destination, steps } of chains) {
    for (const parent of parents) receiver.create(parent);
    for (const step of steps) receiver.receive(destination, step);
  }
}

/** All versions of the sender, and those that a plan speaks of as not to be sent. */
function versionsOf(host: ModelHost): Point[] {
  return [...host.toDatasets().values()].flatMap(({ snapshots }) => snapshots);
}

const places = fc.constantFrom(undefined, 'tank/x', 'tank/x/y');

test('an empty receiver gets every version, whatever was cloned, promoted and pruned', () => {
  fc.assert(
    fc.property(deeds, places, (list, place) => {
      const [sender, receiver] = [makeHost(), makeHost()];
      act(sender, list, { next: 1 });
      const first = plan(sender, receiver, place);
      apply(receiver, first);
      const sources = new Set(first.conflicts.map(({ source }) => source));
      for (const version of versionsOf(sender)) {
        if (!sources.has(version.dataset)) {
          assert.ok(receiver.hasGuid(version.guid), `${version.name} is missing`);
        }
      }
      // With nothing there before, only names can collide, and only below a place of our own choosing.
      if (place === undefined) assert.deepEqual(first.conflicts, []);
    }),
    { numRuns: 2000 },
  );
});

test('a plan that has been carried out leaves nothing to send, also after more was done on the sender', () => {
  fc.assert(
    fc.property(deeds, deeds, deeds, places, (before, between, receivers, place) => {
      const [sender, receiver] = [makeHost(), makeHost()];
      const counter = { next: 1 };
      act(sender, before, counter);
      apply(receiver, plan(sender, receiver, place));
      act(sender, between, counter);
      // On the receiver, things are cloned, pruned and made that the sender doesn't know.
      act(receiver, receivers, { next: 100_000 });
      const second = plan(sender, receiver, place);
      apply(receiver, second);
      const third = plan(sender, receiver, place);
      assert.deepEqual(third.chains, []);
      // Why may be told otherwise (a name that another chain was to take is then taken), but never of others.
      const sources = (made: Plan): string[] => made.conflicts.map(({ source }) => source).sort();
      assert.deepEqual(sources(third), sources(second));
    }),
    { numRuns: 2000 },
  );
});

test('nothing that the receiver has is sent again, and nothing is sent twice', () => {
  fc.assert(
    fc.property(deeds, deeds, (before, between) => {
      const [sender, receiver] = [makeHost(), makeHost()];
      const counter = { next: 1 };
      act(sender, before, counter);
      apply(receiver, plan(sender, receiver));
      act(sender, between, counter);
      const second = plan(sender, receiver);
      const sent = second.chains.flatMap(({ steps }) => steps.map(({ to }) => to.guid));
      assert.equal(new Set(sent).size, sent.length);
      for (const guid of sent) assert.ok(!receiver.hasGuid(guid));
    }),
    { numRuns: 2000 },
  );
});

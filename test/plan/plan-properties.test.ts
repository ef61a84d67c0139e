import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildInventory } from '../../src/inventory/inventory.js';
import type { Plan, Step } from '../../src/plan/plan.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { findSources } from '../../src/plan/sources.js';
import { isConclusive } from '../../src/probe/questions/is-conclusive.js';
import { namesToAskFor } from '../../src/probe/questions/names-to-ask.js';
import { findDiffering } from '../../src/probe/questions/find-differing.js';
import { findLikelyProbes, findProbes, nameReceiver } from '../../src/probe/questions/probes.js';
import { fullNameOf, type Dataset, type Datasets, type Point } from '../../src/streamline/dataset.js';
import { isWithin } from '../../src/zfs/names.js';
import type { Role } from '../../src/zfs/role.js';
import type { DatasetRow, SnapshotRow } from '../../src/zfs/list.js';

/**
 * A host as simple as can be: it takes the operations that ZFS takes, and refuses what ZFS refuses. Random worlds are made
 * with it, and plans are applied to it.
 */
class ModelHost {
  readonly datasets = new Map<string, ModelDataset>();
  /** Each host has GUIDs of its own. */
  static #hosts = 0n;
  #nextGuid = (ModelHost.#hosts += 1n) * 1_000_000n;
  /** Of each snapshot that was ever made here, by GUID: how its content came about. */
  readonly pasts = new Map<bigint, Past>();
  #txg = 0;

  create(name: string): void {
    assert.ok(!this.datasets.has(name), `${name} exists`);
    const parent = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    assert.ok(parent === '' || this.datasets.has(parent), `${name} has no parent`);
    this.datasets.set(name, {
      guid: (this.#nextGuid += 1n),
      role: undefined,
      madeAtSeconds: Number(this.#nextGuid % 1_000_000n),
      origin: undefined,
      snapshots: [],
      bookmarks: [],
      past: { guids: [], bytes: 0 },
    });
  }

  /** Writes so many bytes to a dataset, and takes a snapshot. */
  snapshot(dataset: string, name: string, guid: bigint, writtenBytes: number): void {
    const { snapshots, past } = this.get(dataset);
    if (snapshots.some((snapshot) => snapshot.name === name)) return;
    const grown = { guids: [...past.guids, guid], bytes: past.bytes + writtenBytes };
    this.get(dataset).past = grown;
    this.pasts.set(guid, grown);
    snapshots.push({ name, guid, createtxg: ++this.#txg });
  }

  clone(origin: string, name: string): void {
    const [dataset = '', snapshotName = ''] = origin.split('@');
    const snapshot = this.get(dataset).snapshots.find((other) => other.name === snapshotName);
    this.create(name);
    this.get(name).origin = origin;
    const past = this.pasts.get(snapshot?.guid ?? 0n);
    if (past !== undefined) this.get(name).past = past;
  }

  /** Receives all the snapshots of a dataset into another one, whole. */
  copy(dataset: string, name: string): void {
    this.create(name);
    this.get(name).snapshots.push(...this.get(dataset).snapshots);
  }

  /** Moves a dataset with all below it, beside where it is. */
  rename(name: string, to: string): void {
    for (const [old, dataset] of [...this.datasets]) {
      if (!isWithin(old, name)) continue;
      this.datasets.delete(old);
      this.datasets.set(`${to}${old.slice(name.length)}`, dataset);
    }
    for (const dataset of this.datasets.values()) {
      const [origin = '', snapshot = ''] = dataset.origin?.split('@') ?? [];
      if (isWithin(origin, name)) dataset.origin = `${to}${origin.slice(name.length)}@${snapshot}`;
    }
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
    for (const [name, { guid, role, madeAtSeconds, origin, snapshots, bookmarks }] of this.datasets) {
      rows.push({
        name,
        type: 'filesystem',
        origin,
        encrypted: false,
        writtenBytes: 0,
        madeAtSeconds,
        newestSnapshot: undefined,
        resumeToken: undefined,
        guid,
        encryptionRoot: undefined,
        keyStatus: undefined,
        role,
        isGround: false,
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

interface ModelDataset {
  readonly guid: bigint;
  /** What a transfer has written down on it. */
  role: Role | undefined;
  readonly madeAtSeconds: number;
  origin: string | undefined;
  readonly snapshots: ModelSnapshot[];
  readonly bookmarks: ModelSnapshot[];
  past: Past;
}

/** What was ever written to get a content, and the snapshots taken on the way, oldest first. */
interface Past {
  readonly guids: readonly bigint[];
  readonly bytes: number;
}

interface ModelSnapshot {
  readonly name: string;
  readonly guid: bigint;
  readonly createtxg: number;
}

/** Something that a person does to a host: which operation, and two numbers that choose its objects. */
type Deed = readonly [
  what: 'create' | 'child' | 'tag' | 'tree' | 'clone' | 'promote' | 'prune' | 'bookmark' | 'copy' | 'rename',
  first: number,
  second: number,
];

const kinds: readonly Deed[0][] = [
  ...(['create', 'child', 'tag', 'tag', 'tag', 'tree', 'clone', 'clone'] as const),
  ...(['promote', 'prune', 'bookmark'] as const),
];
const toDeeds = (what: readonly Deed[0][]): fc.Arbitrary<Deed[]> =>
  fc.array(fc.tuple(fc.constantFrom(...what), fc.nat(50), fc.nat(50)), { maxLength: 40, size: 'max' });
const deeds = toDeeds(kinds);
const deedsWithCopies = toDeeds([...kinds, 'copy', 'rename']);

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
    } else if (what === 'copy') {
      host.copy(chosen, fresh);
    } else if (what === 'rename') {
      host.rename(chosen, fresh);
    } else if (what === 'tag') {
      host.snapshot(chosen, `zfs-vm:s${second % 3}:${counter.next}`, BigInt(counter.next), first);
    } else if (what === 'tree') {
      const tag = `zfs-vm:s${second % 3}:${counter.next}`;
      for (const name of names.filter((other) => isWithin(other, chosen))) {
        host.snapshot(name, tag, BigInt(counter.next++), first);
      }
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

const everything = { patterns: [], latest: false };

function plan(sender: ModelHost, receiver: ModelHost, destination?: string): Plan {
  return planFor(sender.toDatasets(), receiver.toDatasets(), destination);
}

function planFor(sender: Datasets, receiver: Datasets, destination: string | undefined): Plan {
  return planTransfer({ sender, receiver, choice: everything, destination, rollback: false, replace: false });
}

function apply(receiver: ModelHost, { chains }: Plan): void {
  for (const { parents, destination, steps, role } of chains) {
    for (const parent of parents) receiver.create(parent);
    for (const step of steps) receiver.receive(destination, step);
    receiver.get(destination).role = role ?? receiver.get(destination).role;
  }
}

/**
 * Two hosts that were in step after some deeds of the sender, and went on by themselves: on the receiver, things are cloned, pruned
 * and made that the sender doesn't know.
 */
function makeApart(
  before: readonly Deed[],
  senders: readonly Deed[],
  receivers: readonly Deed[],
  place?: string,
): [sender: ModelHost, receiver: ModelHost] {
  const [sender, receiver] = [makeHost(), makeHost()];
  const counter = { next: 1 };
  act(sender, before, counter);
  apply(receiver, plan(sender, receiver, place));
  act(sender, senders, counter);
  act(receiver, receivers, { next: 100_000 });
  return [sender, receiver];
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
    fc.property(deeds, deeds, deedsWithCopies, places, (before, between, receivers, place) => {
      const [sender, receiver] = makeApart(before, between, receivers, place);
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

test('nothing is sent to where it is, and no dataset is made for what the receiver has', () => {
  fc.assert(
    fc.property(deedsWithCopies, deedsWithCopies, deedsWithCopies, (before, between, receivers) => {
      const [sender, receiver] = makeApart(before, between, receivers);
      const second = plan(sender, receiver);
      const sent = second.chains.flatMap(({ destination, steps }) =>
        steps.map(({ to }) => `${to.guid} to ${destination}`),
      );
      assert.equal(new Set(sent).size, sent.length);
      for (const { destination, steps } of second.chains) {
        const isNew = !receiver.datasets.has(destination);
        const there = isNew ? [] : receiver.get(destination).snapshots;
        for (const { to } of steps) {
          assert.ok(!there.some(({ guid }) => guid === to.guid));
          if (isNew) assert.ok(!receiver.hasGuid(to.guid), `${to.name} is there`);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('no base that both sides have would make any step smaller', () => {
  fc.assert(
    fc.property(deeds, deeds, deedsWithCopies, (before, between, receivers) => {
      const [sender, receiver] = makeApart(before, between, receivers);
      const { chains } = plan(sender, receiver);
      const there = new Map([...receiver.datasets].map(([name, { snapshots }]) => [name, snapshots]));
      for (const { source, destination, steps } of chains) {
        const isNew = !there.has(destination);
        for (const step of steps) {
          const past = sender.pasts.get(step.to.guid);
          assert.ok(past);
          // What goes into a dataset that is there can only go on from something in it.
          const usable = [...there].flatMap(([name, snapshots]) =>
            isNew || name === destination ? snapshots : [],
          );
          const bases = usable.filter(
            ({ guid }) =>
              past.guids.includes(guid) &&
              (sender.hasGuid(guid) ||
                sender.get(source).bookmarks.some((bookmark) => bookmark.guid === guid)),
          );
          const bytesSince = (guid: bigint | undefined): number =>
            past.bytes - (guid === undefined ? 0 : (sender.pasts.get(guid)?.bytes ?? 0));
          const base = step.kind === 'incremental' || step.kind === 'clone' ? step.from.guid : undefined;
          const least = Math.min(bytesSince(undefined), ...bases.map(({ guid }) => bytesSince(guid)));
          assert.equal(bytesSince(base), least, step.to.name);
          there.set(destination, [...(there.get(destination) ?? []), step.to]);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('a receiver of which only the telling snapshots are known gets the plan that it gets when all are known', () => {
  let conclusive = 0;
  fc.assert(
    fc.property(deeds, deedsWithCopies, deedsWithCopies, places, (before, between, receivers, place) => {
      const [sender, receiver] = makeApart(before, between.slice(0, 3), receivers.slice(0, 3), place);
      const whole = receiver.toDatasets();
      const ours = sender.toDatasets();
      const sources = findSources(ours, everything);
      const first = findLikelyProbes(sources, place);
      const areAllThere = first.every(({ place: likely = '' }) => whole.has(likely));
      const probes = areAllThere ? first : findProbes(sources, nameReceiver(whole.values()), place);
      if (probes === undefined) return;
      const all = [...whole.values()].flatMap(({ snapshots }) => snapshots);
      const asked = new Set([...namesToAskFor(first), ...namesToAskFor(probes)]);
      const found = all.filter((snapshot) => asked.has(fullNameOf(snapshot)));
      const differing = findDiffering(probes, new Map(found.map((row) => [fullNameOf(row), row.guid])));
      const named = probes.flatMap(({ places: some }) => some);
      const isNamed = (name: string): boolean => named.some((place) => isWithin(place, name));
      const known = new Map(
        [...whole].flatMap(([name, dataset]): [string, Dataset][] => {
          if (differing.includes(name)) return [[name, dataset]];
          if (areAllThere && !isNamed(name)) return [];
          const facts = areAllThere
            ? { guid: undefined, role: undefined, origin: undefined, madeAtSeconds: 0 }
            : {};
          const snapshots = dataset.snapshots.filter((one) => found.includes(one));
          return [[name, { ...dataset, ...facts, bookmarks: [], snapshots }]];
        }),
      );
      const quick = planFor(ours, known, place);
      if (!isConclusive(quick, { probes, knowsAllDatasets: !areAllThere })) return;
      conclusive++;
      assert.deepEqual(whatIsDone(quick), whatIsDone(planFor(ours, whole, place)));
    }),
    { numRuns: 4000 },
  );
  assert.ok(conclusive > 400, `only ${conclusive} plans were conclusive`);
});

/** All that a plan says but what a receiver has of its own, and what is written down: where nothing is sent, a quick look doesn't ask for it. */
function whatIsDone({ chains, upToDate, conflicts }: Plan): unknown {
  const inStep = upToDate.map(({ source, destination, newest }) => [source, destination, newest.guid]);
  return { chains, inStep, conflicts };
}

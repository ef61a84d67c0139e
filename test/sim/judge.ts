import {
  describeHost,
  snapshotsIn,
  type DatasetState,
  type HostState,
  type SnapshotState,
} from './capture.js';
import { emptyContent, isSameContent, type Content } from './content.js';
import type { LostHolds } from './lost-holds.js';
import type { RunResult } from './sim-world.js';
import { expectThat } from './violation.js';

/** A snapshot that was on a host, with the notes of all that were it there: a copy by hand has none. */
export interface KnownSnapshot extends SnapshotState {
  readonly notes: Set<string | undefined>;
}

/** All snapshots that ever were on a host, by their GUIDs. */
export type KnownSnapshots = Map<bigint, KnownSnapshot>;

/** Notes the snapshots that a host has. */
export function noteSnapshots(known: KnownSnapshots, state: HostState): void {
  for (const { snapshot } of snapshotsIn(state)) {
    const notes = known.get(snapshot.guid)?.notes ?? new Set();
    known.set(snapshot.guid, { ...snapshot, notes: notes.add(snapshot.note) });
  }
}

/** What runs said that they destroy: full names of snapshots and datasets, and of those that something is rolled back to. */
export interface Named {
  readonly destroyed: ReadonlySet<string>;
  readonly rolledBack: ReadonlySet<string>;
  /** Those that are destroyed when their successor is there, each with a name that it has until then. */
  readonly replaced: readonly { readonly name: string; readonly aside: string }[];
}

/** Finds what runs named for destruction in what they printed to stderr. */
export function findNamed(text: string): Named {
  const matches = (pattern: RegExp): Set<string> =>
    new Set([...text.matchAll(pattern)].map(([, name = '']) => name));
  const destroyed = matches(
    /^destroy (?:[a-z@]+:)?(.+?)(?:, losing .* written since its newest snapshot)?(?: \(kept as .*\))?$/gm,
  );
  const replacing =
    /^destroy (?:[a-z@]+:)?(.+?)(?:, losing .* written since its newest snapshot)? \(kept as (.+) until .*\)$/gm;
  const replaced = [...text.matchAll(replacing)].map(([, name = '', aside = '']) => ({ name, aside }));
  // Its snapshots are handed to a clone, which can't be in use, and are destroyed there.
  for (const { name, aside } of replaced) {
    const snapshots = [...destroyed].filter((each) => each.startsWith(`${name}@`));
    for (const holder of [aside, `${aside}-x`]) {
      destroyed.add(holder);
      for (const snapshot of snapshots) destroyed.add(`${holder}${snapshot.slice(name.length)}`);
    }
  }
  return {
    ...{ destroyed, replaced },
    rolledBack: matches(/^roll back to (?:[a-z@]+:)?([^@:\n]+)@/gm),
  };
}

/**
 * Expects that a receiver lost nothing, that nothing there was changed, and that all that is new is the sender's.
 * @param changes a property that was to be set where something is there already
 * @throws Violation
 */
export function judgeReceiver(
  before: HostState,
  after: HostState,
  sent: KnownSnapshots,
  named: Named,
  changes = '',
): void {
  const guidsBefore = new Map([...snapshotsIn(before)].map(({ snapshot }) => [snapshot.guid, snapshot]));
  for (const dataset of before.values()) {
    judgeReplaced(dataset, after, sent, named);
    if (named.destroyed.has(dataset.name) && !after.has(dataset.guid)) continue;
    const now = after.get(dataset.guid);
    if (dataset.isInconsistent && isOurs(dataset.partial?.of)) continue;
    expectThat(now !== undefined, `b lost ${dataset.name}`);
    const news = now.snapshots.find((each) => !dataset.snapshots.some(({ guid }) => guid === each.guid));
    // As the copy that it was, it may have got a version first, of which the sender has destroyed all since.
    const wasCopy = !dataset.isAside && news !== undefined && sent.has(news.guid);
    expectThat(
      !now.isAside || news === undefined || wasCopy,
      `${now.name}, which was moved aside, got ${news?.name ?? ''}`,
    );
    judgeKept(withoutProperty(dataset, changes), withoutProperty(now, changes), sent, named, guidsBefore);
  }
  for (const dataset of after.values()) {
    const old = before.get(dataset.guid)?.snapshots ?? [];
    for (const snapshot of dataset.snapshots) {
      if (old.some(({ guid }) => guid === snapshot.guid)) continue;
      const original = sent.get(snapshot.guid);
      const name = `${dataset.name}@${snapshot.name}`;
      const handedOver = guidsBefore.get(snapshot.guid);
      // What is moved aside is handed over to another dataset of the receiver, and may be gone on the sender.
      if (original === undefined && handedOver !== undefined) {
        expectThat(isSameContent(handedOver.content, snapshot.content), `${name} has another content on b`);
        continue;
      }
      expectThat(original !== undefined, `b has a new ${name}, which a never had`);
      expectThat(
        isSameContent(original.content, snapshot.content),
        `${name} has another content on b than on a`,
      );
      expectThat(
        !original.isEncrypted || snapshot.isEncrypted,
        `${name} is in plain text on b, and not on a`,
      );
      expectThat(
        snapshot.note === undefined || original.notes.has(snapshot.note),
        `${name} has a note on b that it hasn't on a: ${snapshot.note ?? ''}`,
      );
    }
  }
}

/** Expects that what was to be replaced is gone only when there is something of the sender in its place. */
function judgeReplaced(
  { name, guid, isInconsistent }: DatasetState,
  after: HostState,
  sent: KnownSnapshots,
  { replaced }: Named,
): void {
  const place = replaced.find((each) => each.name === name || each.aside === name)?.name;
  if (place === undefined || isInconsistent || after.has(guid)) return;
  const successor = [...after.values()].find((each) => each.name === place);
  const hasArrived = successor?.snapshots.some((snapshot) => sent.has(snapshot.guid)) === true;
  expectThat(hasArrived && !successor.isInconsistent, `${name} is gone, and nothing has come to ${place}`);
}

/**
 * Expects that what a run has brought has the notes of the sender.
 * @throws Violation
 */
export function judgeNotes(before: HostState, after: HostState, sent: KnownSnapshots): void {
  for (const { dataset, snapshot } of snapshotsIn(after)) {
    const had = before.get(dataset.guid)?.snapshots.some(({ guid }) => guid === snapshot.guid);
    const notes = sent.get(snapshot.guid)?.notes;
    expectThat(
      had === true || notes === undefined || notes.has(snapshot.note),
      `${dataset.name}@${snapshot.name} has come without its note: ${[...(notes ?? [])].join(' or ')}`,
    );
  }
}

/** A dataset without a property, and without those of ours, which say what it is. */
function withoutProperty(dataset: DatasetState, name: string): DatasetState {
  const isForeign = (text: string): boolean => !text.startsWith(`${name}=`) && !text.startsWith('zfs-vm:');
  return { ...dataset, properties: dataset.properties.split(', ').filter(isForeign).join(', ') };
}

function judgeKept(
  dataset: DatasetState,
  now: DatasetState,
  sent: KnownSnapshots,
  named: Named,
  guidsBefore: ReadonlyMap<bigint, SnapshotState>,
): void {
  const { name } = dataset;
  expectThat(now.name === name, `${name} on b is called ${now.name} now`);
  for (const fact of ['type', 'encryption', 'properties', 'origin'] as const) {
    expectThat(
      now[fact] === dataset[fact],
      `${name} on b has another ${fact}: ${String(dataset[fact])}, now ${String(now[fact])}`,
    );
  }
  for (const snapshot of dataset.snapshots) {
    const fullName = `${name}@${snapshot.name}`;
    if (named.destroyed.has(fullName)) continue;
    const kept = now.snapshots.find(({ guid }) => guid === snapshot.guid);
    expectThat(kept !== undefined, `b lost ${fullName}`);
    expectThat(kept.name === snapshot.name, `${fullName} on b is called ${kept.name} now`);
    expectThat(
      isSameContent(kept.content, snapshot.content),
      `${fullName} has another content on b than before`,
    );
    expectThat(kept.holds.join() === snapshot.holds.join(), `${fullName} has other holds on b than before`);
  }
  for (const [bookmark, guid] of dataset.bookmarks) {
    if (named.rolledBack.has(name)) continue;
    expectThat(now.bookmarks.get(bookmark) === guid, `b lost ${name}#${bookmark}`);
  }
  const { partial } = dataset;
  if (partial !== undefined && !isOurs(partial.of)) {
    const hasArrived = now.snapshots.some((snapshot) => partial.of.endsWith(`@${snapshot.name}`));
    // One that was under way then has gone on since; its token is another one at each place.
    const isThere = partial.isUnderWay
      ? now.partial?.of === partial.of && now.partial.position >= partial.position
      : now.partial?.token === partial.token;
    expectThat(hasArrived || isThere, `b lost what had arrived of ${partial.of} at ${name}`);
  }
  if (dataset.isInconsistent || named.rolledBack.has(name)) return;
  const arrived = now.snapshots.filter(({ guid }) => !dataset.snapshots.some((old) => old.guid === guid));
  const tip = dataset.snapshots.at(-1)?.content ?? contentOfOrigin(dataset, sent, guidsBefore);
  const isModified = tip === undefined || !isSameContent(tip, dataset.content);
  const last = arrived.at(-1);
  const expected = isModified || last === undefined ? dataset.content : last.content;
  expectThat(
    isSameContent(now.content, expected),
    `the content of ${name} on b isn't what it was, nor what arrived`,
  );
  expectThat(
    !isModified || last === undefined,
    `${last?.name ?? ''} went over what was written to ${name} on b`,
  );
}

function contentOfOrigin(
  { origin }: DatasetState,
  sent: KnownSnapshots,
  guidsBefore: ReadonlyMap<bigint, SnapshotState>,
): Content | undefined {
  if (origin === undefined) return emptyContent;
  return (guidsBefore.get(origin) ?? sent.get(origin))?.content;
}

/** Whether something that was being received is a version, and so ours to go on with or to drop. */
export function isOurs(fullName: string | undefined): boolean {
  return fullName?.includes('@zfs-vm:') === true;
}

/**
 * Expects that a sender is as it was but for our holds, and bookmarks of what increments begin from and of what was sent.
 * @throws Violation
 */
export function judgeSender(before: HostState, after: HostState, leavesBookmarks: boolean): void {
  for (const dataset of after.values()) {
    expectThat(before.has(dataset.guid), `a has a new dataset ${dataset.name}`);
  }
  for (const dataset of before.values()) {
    const { name } = dataset;
    const now = after.get(dataset.guid);
    expectThat(now !== undefined, `a lost ${name}`);
    expectThat(
      describeForeign(now) === describeForeign(dataset),
      `${name} on a was changed:\n${describeForeign(dataset)}\n${describeForeign(now)}`,
    );
    expectThat(isSameContent(now.content, dataset.content), `${name} on a has another content`);
    for (const [index, snapshot] of dataset.snapshots.entries()) {
      const kept = now.snapshots[index];
      expectThat(
        kept !== undefined && isSameContent(kept.content, snapshot.content),
        `${name}@${snapshot.name} on a has another content`,
      );
    }
    for (const [bookmark, guid] of dataset.bookmarks) {
      expectThat(now.bookmarks.get(bookmark) === guid, `a lost ${name}#${bookmark}`);
    }
    for (const [bookmark, guid] of now.bookmarks) {
      if (dataset.bookmarks.has(bookmark)) continue;
      expectThat(leavesBookmarks, `a has ${name}#${bookmark} in spite of --no-bookmark`);
      const isTip = now.snapshots.some((snapshot) => snapshot.name === bookmark && snapshot.guid === guid);
      expectThat(isTip, `a has a bookmark ${name}#${bookmark} that isn't of a snapshot of that name`);
    }
  }
}

/** All of a dataset that zfs-vm has no business with on a sender, as text. */
function describeForeign({ name, type, origin, properties, partial, snapshots }: DatasetState): string {
  const points = snapshots.map(
    (snapshot) =>
      `@${snapshot.name}=${snapshot.guid}${snapshot.holds.filter((tag) => !isOurHold(tag)).join('!')}`,
  );
  return [name, type, String(origin), properties, partial?.token ?? '-', ...points].join(' ');
}

/** A host as it is without the holds of our runs. */
export function withoutOurHolds(state: HostState): HostState {
  return new Map(
    Array.from(state, ([guid, dataset]) => {
      const snapshots = dataset.snapshots.map((snapshot) => ({
        ...snapshot,
        holds: snapshot.holds.filter((tag) => !isOurHold(tag)),
      }));
      return [guid, { ...dataset, snapshots }];
    }),
  );
}

function isOurHold(tag: string): boolean {
  return /^zfs-vm:[0-9]+-[0-9a-f]{8}$/.test(tag);
}

/**
 * Expects that no hold of ours is left.
 * @param lost those whose snapshots somebody renamed meanwhile: they aren't found again
 * @param kept tags that are written down for a later run, on another host or by another name of the host
 * @throws Violation
 */
export function judgeHolds(
  state: HostState,
  lost: Pick<LostHolds, 'has'>,
  kept: ReadonlySet<string> = new Set(),
): void {
  for (const { dataset, snapshot } of snapshotsIn(state)) {
    const left = snapshot.holds.find((tag) => isOurHold(tag) && !kept.has(tag) && !lost.has(snapshot, tag));
    expectThat(left === undefined, `${dataset.name}@${snapshot.name} is still held by ${left ?? ''}`);
  }
}

/**
 * Expects that a host lost exactly what a prune said that it destroyed, and nothing that somebody may still need.
 * @throws Violation
 */
export function judgePrune(before: HostState, after: HostState, { stdout }: RunResult): void {
  const told = new Set([...stdout.matchAll(/^destroyed (?:[^/:@ ]+:)?(.+)$/gm)].map(([, name = '']) => name));
  const isGone = ({ name }: DatasetState, snapshot: SnapshotState): boolean =>
    told.has(`${name}@${snapshot.name}`);
  const expected = new Map(
    [...before].map(([guid, dataset]) => [
      guid,
      { ...dataset, snapshots: dataset.snapshots.filter((each) => !isGone(dataset, each)) },
    ]),
  );
  expectThat(describeHost(after) === describeHost(expected), 'a prune did something else than it says');
  for (const { dataset, snapshot } of snapshotsIn(before)) {
    if (!isGone(dataset, snapshot)) continue;
    const name = `${dataset.name}@${snapshot.name}`;
    expectThat(isOurs(name), `a prune destroyed ${name}, which is no version`);
    expectThat(snapshot.holds.length === 0, `a prune destroyed ${name}, which is held`);
    const newest = dataset.snapshots.findLast((each) => isOurs(`@${each.name}`));
    expectThat(newest !== snapshot, `a prune destroyed ${name}, the newest there`);
  }
}

/** The datasets of the sender with which a run said that there is a conflict. */
export function findConflicts({ stderr }: Pick<RunResult, 'stderr'>): Set<string> {
  return new Set(
    [...stderr.matchAll(/^conflict: (?:.+ in )?((?:tank|fast|deep|backup|cold)[^:\n]*): /gm)].map(
      ([, source = '']) => source,
    ),
  );
}

/** The sources whose copies are told to be half moved aside. */
export function findHalfMoved({ stderr }: Pick<RunResult, 'stderr'>): Set<string> {
  const halves = stderr
    .split('\n')
    .filter((line) => line.includes(' stopped while it was being renamed from '));
  return findConflicts({ stderr: halves.join('\n') });
}

/** Expects words that fit the status, whatever happened. @throws Violation */
export function judgeWords({ status, stdout, stderr }: RunResult, isPlan: boolean): void {
  const all = stdout + stderr;
  expectThat([0, 1, 2, 3, 4, 130].includes(status), `${status} is no status of zfs-vm`);
  const trace = /undefined|NaN|\[object |^ {4}at |TypeError|RangeError|Infinity/m.exec(all);
  expectThat(trace === null, `"${trace?.[0] ?? ''}" is no word for people`);
  if (isPlan && (status === 0 || status === 3)) return;
  if (status !== 0) expectThat(stderr.trim() !== '', `it ended with ${status} without a word`);
  const says = (pattern: RegExp): boolean => pattern.test(all);
  if (status === 3) {
    expectThat(
      says(
        /^conflict: |not confirmed|the stream does not match the destination|key (?:of .* )?is not loaded/m,
      ),
      'status 3, and no conflict is told',
    );
  }
  if (status === 130) expectThat(says(/interrupted/), 'status 130, and no interrupt is told');
  if (status === 0) {
    expectThat(
      !says(/^incomplete:|done with errors|failed:/m) || says(/retrying|reconnecting/),
      'status 0, and a failure is told',
    );
  }
  if (says(/^done: /m)) expectThat(status === 0 || status === 3, `"done", and the status is ${status}`);
}

/** How many versions a run says that it has brought. */
export function readCount({
  stdout,
}: RunResult): { readonly isDone: boolean; readonly versions: number } | undefined {
  const [, what, count] =
    /^(done:|done with errors:|incomplete:.*(?:sent|received)) ([0-9]+) versions?,/m.exec(stdout) ?? [];
  return count === undefined ? undefined : { isDone: what === 'done:', versions: Number(count) };
}

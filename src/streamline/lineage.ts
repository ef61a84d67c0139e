import { groupBy } from '../base/group-by.js';
import {
  fullNameOf,
  isTagged,
  type Dataset,
  type Datasets,
  type Point,
  type Snapshot,
  type TaggedSnapshot,
} from './dataset.js';
import type { Tag } from './tag.js';
import { compareVersions, nextVersion, type Version } from './version.js';

/**
 * A dataset's history, newest first: its own snapshots and bookmarks, then the snapshots of the dataset it was cloned from
 * that are as old as the origin, and so on. ZFS takes each of them as the base of an incremental stream to anything newer in
 * the history (`zfs send -i` of any ancestor, and of a bookmark of the dataset itself; seen on OpenZFS 2.3.2). A bookmark
 * comes after its snapshot while both are there; one may be older than the origin, when the clone was promoted for a while.
 */
export function* walkHistory(datasets: Datasets, dataset: Dataset): Generator<Snapshot | Point> {
  let bookmarkIndex = dataset.bookmarks.length - 1;
  for (const snapshot of walkSnapshots(datasets, dataset)) {
    for (; bookmarkIndex >= 0; bookmarkIndex--) {
      const bookmark = dataset.bookmarks[bookmarkIndex];
      if (bookmark === undefined || bookmark.createtxg <= snapshot.createtxg) break;
      yield bookmark;
    }
    yield snapshot;
  }
  yield* dataset.bookmarks.slice(0, bookmarkIndex + 1).reverse();
}

function* walkSnapshots(datasets: Datasets, dataset: Dataset): Generator<Snapshot> {
  let [current, newest]: [Dataset, number] = [dataset, dataset.snapshots.length - 1];
  const visited = new Set<string>();
  for (;;) {
    visited.add(current.name);
    for (let index = newest; index >= 0; index--) {
      const snapshot = current.snapshots[index];
      if (snapshot !== undefined) yield snapshot;
    }
    const { origin } = current;
    const parent = origin === undefined ? undefined : datasets.get(datasetOf(origin));
    if (parent === undefined || visited.has(parent.name)) return;
    newest = parent.snapshots.findLastIndex((snapshot) => fullNameOf(snapshot) === origin);
    current = parent;
  }
}

/** All versions on a host, of one streamline or of all, in no special order. */
export function* findVersions(datasets: Datasets, streamline?: string): Generator<TaggedSnapshot> {
  for (const dataset of datasets.values()) {
    for (const snapshot of dataset.snapshots) {
      if (isTagged(snapshot) && (streamline === undefined || snapshot.tag.streamline === streamline)) {
        yield snapshot;
      }
    }
  }
}

/** Versions by their streamlines, these in the order of their names. */
export function groupByStreamline(versions: Iterable<TaggedSnapshot>): Map<string, TaggedSnapshot[]> {
  const groups = groupBy(versions, ({ tag }) => tag.streamline);
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a person says of the next tag of a dataset; the rest is found. */
export interface WantedTag extends Partial<Tag> {
  /** Whether it may begin another streamline than the dataset has. */
  readonly mayBegin?: boolean;
}

/** What the next tag of a dataset would be called, or why there can't be one, in words. */
export type NextTag =
  | { readonly kind: 'tag'; readonly tag: Tag }
  /** It would begin a streamline on a dataset that has versions of its own, of others only. */
  | { readonly kind: 'begins-another'; readonly tag: Tag; readonly newest: TaggedSnapshot }
  | { readonly kind: 'unknown-streamline' }
  /** No version follows the newest one by itself. */
  | { readonly kind: 'no-next'; readonly streamline: string }
  | { readonly kind: 'exists'; readonly tag: Tag; readonly where: TaggedSnapshot }
  | { readonly kind: 'not-newer'; readonly tag: Tag; readonly newest: TaggedSnapshot };

/**
 * Finds the tag for a new version of a dataset. The streamline is the one of the newest version in the dataset's
 * history, its own or that of what it was cloned from; the version follows the newest one of the streamline on the
 * whole host, so that two clones of one image never make the same version. What the person named is taken as it is,
 * unless the version exists on the host or wouldn't be the newest of the dataset's history, or the streamline is another one than
 * those of the dataset's own versions and of what it was cloned from. A clone without own versions may begin one: that is what most
 * clones of a template are for.
 */
export function findNextTag(datasets: Datasets, dataset: Dataset, wanted: WantedTag): NextTag {
  const history = [...walkHistory(datasets, dataset)].filter(isTagged);
  const streamline = wanted.streamline ?? history[0]?.tag.streamline;
  if (streamline === undefined) return { kind: 'unknown-streamline' };

  const known = [...findVersions(datasets, streamline)];
  const version = wanted.version ?? followNewest(known);
  if (version === undefined) return { kind: 'no-next', streamline };
  const tag = { streamline, version };
  const own = dataset.snapshots.findLast(isTagged);
  const isKnown = own === undefined || history.some((snapshot) => snapshot.tag.streamline === streamline);
  if (!isKnown && wanted.mayBegin !== true) return { kind: 'begins-another', tag, newest: own };
  const existing = known.find((snapshot) => snapshot.tag.version.text === version.text);
  if (existing !== undefined) return { kind: 'exists', tag, where: existing };
  const newest = findNewest(history.filter((snapshot) => snapshot.tag.streamline === streamline));
  if (newest !== undefined && compareVersions(version, newest.tag.version) < 0) {
    return { kind: 'not-newer', tag, newest };
  }
  return { kind: 'tag', tag };
}

/**
 * Finds the newest version in the history of a dataset, and where each dataset of the same tree has it: of its own, or in what it was
 * cloned from. Undefined when there is none, or one of them hasn't it, or has a later one: it has changed since, then.
 * @param tree the dataset first, then what else belongs to the tree
 * @param streamline undefined for that of the newest version there is
 */
export function findNewestOfTree(
  datasets: Datasets,
  tree: readonly Dataset[],
  streamline: string | undefined,
): TaggedSnapshot[] | undefined {
  const isMeant = (snapshot: Snapshot | Point): snapshot is TaggedSnapshot =>
    isTagged(snapshot) && (streamline === undefined || snapshot.tag.streamline === streamline);
  const newest = tree.flatMap((dataset) => [...walkHistory(datasets, dataset)].find(isMeant) ?? []);
  const [first] = newest;
  const isWhole = newest.length === tree.length && newest.every(({ name }) => name === first?.name);
  return isWhole ? newest : undefined;
}

/** The snapshot with the highest version. */
export function findNewest(versions: readonly TaggedSnapshot[]): TaggedSnapshot | undefined {
  return versions.reduce<TaggedSnapshot | undefined>(
    (best, next) =>
      best === undefined || compareVersions(next.tag.version, best.tag.version) > 0 ? next : best,
    undefined,
  );
}

function followNewest(known: readonly TaggedSnapshot[]): Version | undefined {
  const newest = findNewest(known);
  return newest === undefined ? { kind: 'number', text: '1', value: 1n } : nextVersion(newest.tag.version);
}

/** The dataset of a snapshot's full name. */
export function datasetOf(snapshotFullName: string): string {
  return snapshotFullName.slice(0, snapshotFullName.indexOf('@'));
}

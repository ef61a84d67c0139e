import { fullNameOf, isTagged, type Dataset, type Datasets, type Snapshot } from '../streamline/dataset.js';
import { datasetOf, findNewest, walkHistory } from '../streamline/lineage.js';
import { compareVersions } from '../streamline/version.js';
import { ancestorsOf, poolOf } from '../zfs/names.js';
import { isAside } from './aside.js';
import { isChosen, type Choice } from './choice.js';

/** A dataset of the sender with its chosen versions, oldest first. */
export interface Source {
  readonly dataset: Dataset;
  readonly versions: readonly [Snapshot, ...Snapshot[]];
  /** The nearest dataset above it that was tagged together with it: the two are members of one tree. */
  readonly treeParent: string | undefined;
  /**
   * The outermost dataset above it that is a clone of it, as `zfs promote` makes one of a clone in a place below its origin. It has to come first, and ZFS
   * makes nothing where there is no parent yet, nor a clone where there is something: so it can't be below that on the receiver.
   */
  readonly cloneAbove: Source | undefined;
}

/**
 * The sender's datasets that have chosen versions, in the order in which they can be sent: origins and what lies above first,
 * and originals before copies of them, so that a backup of an image isn't taken for the image. Of datasets with the same versions, the
 * original is the one that has gone further, or was made first on this host.
 */
export function findSources(datasets: Datasets, choice: Choice): Source[] {
  const chosen = new Map<string, Snapshot[]>();
  for (const dataset of datasets.values()) {
    // What was set aside is what nobody goes on with, until a person takes it up.
    if (isAside(dataset)) continue;
    const versions = dataset.snapshots.filter((snapshot) => isChosen(snapshot, choice));
    if (versions.length > 0) chosen.set(dataset.name, versions);
  }
  const names = choice.latest ? [...chosen.keys()] : [];
  const origins = new Set(names.map((name) => findChosenOrigin(name, datasets, chosen)));
  const sources = new Map<string, Source>();
  for (const [name, all] of chosen) {
    const dataset = datasets.get(name);
    const latest = choice.latest ? findLatest(all) : undefined;
    const versions = choice.latest
      ? all.filter((version) => version === latest || origins.has(fullNameOf(version)))
      : all;
    const [first, ...rest] = versions;
    if (dataset === undefined || first === undefined) continue;
    const treeParent = findTreeParent(name, chosen, choice);
    sources.set(name, { dataset, versions: [first, ...rest], treeParent, cloneAbove: undefined });
  }
  noteClonesAbove(sources, datasets);
  return orderSources(sources, datasets);
}

function noteClonesAbove(sources: Map<string, Source>, datasets: Datasets): void {
  const origins = new Set<string>();
  for (const { origin } of datasets.values()) if (origin !== undefined) origins.add(datasetOf(origin));
  for (const [name, source] of sources) {
    if (!origins.has(name)) continue;
    const clone = ancestorsOf(name).find(
      (above) => sources.has(above) && isClonedFrom(above, name, datasets),
    );
    const cloneAbove = sources.get(clone ?? '');
    if (cloneAbove !== undefined) sources.set(name, { ...source, cloneAbove });
  }
}

/** Of the streamline of what was made last, the highest version, which may be an older snapshot than a lower one. @param versions oldest first */
function findLatest(versions: readonly Snapshot[]): Snapshot | undefined {
  const last = versions.at(-1);
  const alike = versions.filter(isTagged).filter(({ tag }) => tag.streamline === last?.tag?.streamline);
  return findNewest(alike) ?? last;
}

/** The highest version of each streamline of a dataset; of snapshots that are no versions, the one that was made last. */
export function findHighest({ versions }: Pick<Source, 'versions'>): Snapshot[] {
  const highest = new Map<string | undefined, Snapshot>();
  for (const version of versions) {
    const streamline = version.tag?.streamline;
    const known = highest.get(streamline);
    const isHigher =
      known?.tag === undefined ||
      version.tag === undefined ||
      compareVersions(version.tag.version, known.tag.version) > 0;
    if (isHigher) highest.set(streamline, version);
  }
  return [...highest.values()];
}

/** The newest chosen version of another dataset in a dataset's history: what it can be cloned from on the receiver. */
function findChosenOrigin(
  name: string,
  datasets: Datasets,
  chosen: ReadonlyMap<string, readonly Snapshot[]>,
): string | undefined {
  const dataset = datasets.get(name);
  if (dataset === undefined) return undefined;
  for (const point of walkHistory(datasets, dataset)) {
    const isChosenVersion = chosen.get(point.dataset)?.some((version) => version === point) === true;
    if (point.dataset !== name && isChosenVersion) return fullNameOf(point);
  }
  return undefined;
}

function findTreeParent(
  name: string,
  chosen: ReadonlyMap<string, readonly Snapshot[]>,
  { datasets }: Choice,
): string | undefined {
  const above = ancestorsOf(name).filter((ancestor) => chosen.has(ancestor));
  if (datasets !== undefined || above.length === 0) return above.at(-1);
  const names = new Set(chosen.get(name)?.map((version) => version.name));
  return above.findLast((ancestor) => chosen.get(ancestor)?.some((version) => names.has(version.name)));
}

/**
 * Depth first, so that everything comes after what it rests on. What was cloned from something below it, which was promoted, comes after
 * that. Another circle, which only a liar can report, is cut somewhere.
 */
function orderSources(sources: ReadonlyMap<string, Source>, datasets: Datasets): Source[] {
  const ordered: Source[] = [];
  const visited = new Set<string>();
  const byAge = [...sources.values()].sort(compareAges);
  const isAhead = findAhead(byAge);
  // A stack of our own: chains of clones may be longer than the call stack is deep.
  const stack = byAge.map(({ dataset }) => dataset.name).reverse();
  const entered = new Set<string>();
  for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
    const source = sources.get(name);
    const origin = datasets.get(name)?.origin;
    const above = ancestorsOf(source?.cloneAbove?.dataset.name ?? name).findLast((ancestor) =>
      sources.has(ancestor),
    );
    const ahead = isAhead(source);
    const first = ahead !== undefined && !restsOn(ahead, name, datasets) ? ahead : undefined;
    const needed = [first, above, origin === undefined ? undefined : datasetOf(origin)].filter(
      (other): other is string => other !== undefined && !entered.has(other) && datasets.has(other),
    );
    if (visited.has(name)) {
      stack.pop();
    } else if (entered.has(name) || needed.length === 0) {
      entered.add(name);
      visited.add(name);
      stack.pop();
      if (source !== undefined) ordered.push(source);
    } else {
      entered.add(name);
      stack.push(...needed);
    }
  }
  return ordered;
}

/** Whether a dataset can only come after another one: it lies below that, or was cloned from it, or something that it needs was. */
function restsOn(name: string, other: string, datasets: Datasets): boolean {
  const needed = new Set([name]);
  for (const current of needed) {
    if (current === other) return true;
    for (const ancestor of ancestorsOf(current)) needed.add(ancestor);
    const origin = datasets.get(current)?.origin;
    if (origin !== undefined) needed.add(datasetOf(origin));
  }
  return false;
}

/** Whether a dataset is a clone of another one, or of a clone of it. */
function isClonedFrom(name: string, other: string, datasets: Datasets): boolean {
  const visited = new Set<string>();
  for (let current = name; !visited.has(current);) {
    visited.add(current);
    const origin = datasets.get(current)?.origin;
    if (origin === undefined) return false;
    current = datasetOf(origin);
    if (current === other) return true;
  }
  return false;
}

/**
 * Tells, of a dataset, the oldest one that has its newest version and has gone on with that streamline: as a copy of that it lags. Copies
 * that have gone equally far are told from their original by their age only: how many versions each has says nothing once they were pruned,
 * and transaction groups say nothing across pools.
 */
function findAhead(byAge: readonly Source[]): (source: Source | undefined) => string | undefined {
  const ahead = new Map<bigint, string>();
  for (const { dataset, versions } of byAge) {
    for (const [index, { guid, tag }] of versions.slice(0, -1).entries()) {
      const hasGoneOn = versions[index + 1]?.tag?.streamline === tag?.streamline;
      if (hasGoneOn && !ahead.has(guid)) ahead.set(guid, dataset.name);
    }
  }
  return (source) => {
    const newest = source?.versions.at(-1);
    return newest && ahead.get(newest.guid);
  };
}

/** Of two datasets, the older one comes first; of those that were made in the same second, in one pool, the one that had versions first. */
function compareAges(a: Source, b: Source): number {
  return (
    a.dataset.madeAtSeconds - b.dataset.madeAtSeconds ||
    compareTexts(poolOf(a.dataset.name), poolOf(b.dataset.name)) ||
    a.versions[0].createtxg - b.versions[0].createtxg ||
    compareTexts(a.dataset.name, b.dataset.name)
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

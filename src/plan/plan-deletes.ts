import {
  fullNameOf,
  isTagged,
  type Dataset,
  type Datasets,
  type Snapshot,
  type TaggedSnapshot,
} from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { findVersions, groupByStreamline } from '../streamline/lineage.js';
import { isChosenTag, type VersionPattern } from '../streamline/selection.js';
import { joinTrees, partsOf, type Tree } from '../streamline/tree.js';
import { isWithin } from '../zfs/names.js';
import { hideAsides } from './aside.js';
import { groupByDataset, type Destruction } from './destruction.js';
import type { Plan } from './plan.js';
import { Protections } from './protection.js';

/** Both sides, and what is about to be sent. */
export interface DeletesRequest {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  /** What comes before anything is deleted. */
  readonly plan: Plan;
  /** Only versions that fit one of them may go; any when there is none. */
  readonly patterns: readonly VersionPattern[];
  /** The receiver's snapshots that are held, by full name. */
  readonly held: ReadonlySet<string>;
}

/**
 * Plans what of the receiver's versions goes because the sender no longer has it. That can be said only of the history that both
 * share: of what lies before the newest snapshot or bookmark of a dataset that both have, or will have when the plan is done. What
 * the receiver has after it, it made itself. Nothing is deleted of a dataset with a conflict, and nothing that is protected. What was set aside
 * is no part of any of it.
 *
 * A version of a tree goes as a whole. What it has in a dataset that is gone from the sender's tree goes along, but for the newest
 * version there: the dataset stays, for a person to destroy. That it was a copy of what is gone, its role has to say: what lies below a copy
 * may be somebody's own, and keeps the version.
 */
export function planDeletes(request: DeletesRequest): Destruction[] {
  const { sender, plan } = request;
  const receiver = withoutReplaced(hideAsides(request.receiver), plan);
  const copies = findCopies(plan, receiver, sender);
  const ours = new GuidIndex(sender);
  const left = findLeft(receiver, sender);
  const gone = new Set<string>();
  for (const [destination, source] of copies) {
    for (const version of findGone(source, destination, request, ours)) gone.add(fullNameOf(version));
  }
  if (gone.size === 0) return [];
  const protections = new Protections(withoutSettled(receiver, plan), {
    held: request.held,
    ...findComing(plan),
  });
  const going: TaggedSnapshot[] = [];
  for (const versions of groupByStreamline(findVersions(receiver)).values()) {
    for (const tree of joinTrees(versions)) {
      const parts = chooseParts(tree, { copies, left, gone, ours });
      const orphans = parts.filter(({ dataset }) => !copies.has(dataset));
      const isOrphansNewest = (orphan: TaggedSnapshot): boolean =>
        protections.find([orphan]).some(({ kind }) => kind === 'newest-of-dataset');
      const leaving = parts.filter((part) => !(orphans.includes(part) && isOrphansNewest(part)));
      if (protections.find(leaving).length === 0) going.push(...leaving);
    }
  }
  return groupByDataset(going);
}

/**
 * The receiver's datasets with those of the sender that they are copies of, where nothing is in the way of being one: none that only has
 * the newest version, too, and none whose role says that it follows something else, too.
 */
function findCopies(
  { chains, upToDate, conflicts }: Plan,
  receiver: Datasets,
  sender: Datasets,
): Map<string, string> {
  const troubled = new Set(conflicts.map(({ source }) => source));
  const replaced = new Set(listReplaced({ chains }));
  const isOwn = (source: string, destination: string): boolean => {
    const role = receiver.get(destination)?.role;
    if (role === undefined) return true;
    const own = sender.get(source)?.guid;
    return role.kind === 'copy' && role.sources.every(({ guid }) => guid === own);
  };
  const pairs = [...chains, ...upToDate.filter(({ by }) => by !== 'elsewhere')]
    .filter(({ source, destination }) => isOwn(source, destination))
    .map(({ source, destination }) => [destination, source] as const);
  const untrusted = new Set(
    pairs.filter(([, source]) => troubled.has(source)).map(([destination]) => destination),
  );
  return new Map(pairs.filter(([destination]) => !untrusted.has(destination) && !replaced.has(destination)));
}

/** The receiver's datasets whose role says that they are copies of what is gone from the sender, and of nothing else. */
function findLeft(receiver: Datasets, sender: Datasets): Set<string> {
  const here = new Set([...sender.values()].map(({ guid }) => guid));
  const left = [...receiver.values()].filter(
    ({ role }) =>
      role?.kind === 'copy' &&
      role.sources.every(({ guid, poolGuid }) => !here.has(guid) && here.has(poolGuid)),
  );
  return new Set(left.map(({ name }) => name));
}

/** The destinations whose old content goes with `--replace`, before anything is deleted. */
function listReplaced({ chains }: Pick<Plan, 'chains'>): string[] {
  return chains
    .filter(({ preparation }) => preparation?.kind === 'replace')
    .map(({ destination }) => destination);
}

/** The receiver's datasets without what goes with `--replace`: it keeps no version of a tree from going. */
function withoutReplaced(receiver: Datasets, plan: Plan): Datasets {
  const datasets = new Map(receiver);
  for (const name of listReplaced(plan)) {
    const dataset = datasets.get(name);
    if (dataset !== undefined) datasets.set(name, { ...dataset, snapshots: [] });
  }
  return datasets;
}

/** The receiver's datasets without the interrupted receives that a plan completes or drops: they need nothing any more when it is done. */
function withoutSettled(receiver: Datasets, { chains }: Plan): Datasets {
  const datasets = new Map(receiver);
  for (const { destination, preparation, steps } of chains) {
    const dataset = datasets.get(destination);
    const isSettled = steps[0].kind === 'resume' || preparation?.kind === 'abort';
    if (dataset !== undefined && isSettled) datasets.set(destination, { ...dataset, partial: undefined });
  }
  return datasets;
}

/** What a plan brings to the receiver, and what it clones there. */
function findComing({ chains }: Plan): { arriving: TaggedSnapshot[]; cloning: Map<string, string> } {
  const arriving = chains.flatMap(({ destination, steps }) =>
    steps
      .map(({ to }): Snapshot => ({ ...to, dataset: destination }))
      .filter((snapshot) => isTagged(snapshot)),
  );
  const cloning = new Map(
    chains.flatMap(({ destination, steps: [first] }) =>
      first.kind === 'clone' ? [[first.origin, destination] as const] : [],
    ),
  );
  return { arriving, cloning };
}

/** The chosen versions of a copy that the sender no longer has. */
function findGone(
  source: string,
  destination: string,
  { sender, receiver, plan, patterns }: DeletesRequest,
  ours: GuidIndex,
): TaggedSnapshot[] {
  const [from, copy] = [sender.get(source), receiver.get(destination)];
  if (from === undefined || copy === undefined) return [];
  const last = findLastCommon(from, copy);
  // What comes then is newer than all that is there.
  const isPassed = plan.chains.some((chain) => chain.destination === destination);
  return copy.snapshots
    .slice(0, isPassed ? last + 1 : Math.max(0, last))
    .filter(isTagged)
    .filter(({ guid, tag }) => !ours.has(guid) && isChosenTag(patterns, tag));
}

/** The index of the newest snapshot of a copy that its original has, or has a bookmark of; -1 when there is none. */
function findLastCommon({ snapshots, bookmarks }: Dataset, copy: Dataset): number {
  const known = new Set([...snapshots, ...bookmarks].map(({ guid }) => guid));
  return copy.snapshots.findLastIndex(({ guid }) => known.has(guid));
}

/**
 * All parts of a version if it may go as a whole: what the sender has a dataset for is gone there, and what it has none for lies
 * below that.
 */
function chooseParts(
  tree: Tree,
  {
    copies,
    left,
    gone,
    ours,
  }: {
    readonly copies: ReadonlyMap<string, string>;
    readonly left: ReadonlySet<string>;
    readonly gone: ReadonlySet<string>;
    readonly ours: GuidIndex;
  },
): TaggedSnapshot[] {
  const parts = partsOf(tree);
  const isGone = (part: TaggedSnapshot): boolean => gone.has(fullNameOf(part));
  const mayGo = (part: TaggedSnapshot): boolean =>
    copies.has(part.dataset)
      ? isGone(part)
      : left.has(part.dataset) &&
        !ours.has(part.guid) &&
        parts.some((other) => isGone(other) && isWithin(part.dataset, other.dataset));
  return parts.every(mayGo) ? parts : [];
}

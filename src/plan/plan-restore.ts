import {
  fullNameOf,
  isTagged,
  type Dataset,
  type Datasets,
  type TaggedSnapshot,
} from '../streamline/dataset.js';
import { walkHistory } from '../streamline/lineage.js';
import { pathBelow, type Tree } from '../streamline/tree.js';
import { isPoolRoot, isWithin, maxNameLength } from '../zfs/names.js';
import { chooseAsideName, findAsides, findTyingRoot } from './aside.js';

/** What is to be brought back, and where. */
export interface RestoreRequest {
  /** The places that have the version, the most original one first. */
  readonly trees: readonly Tree[];
  /** The dataset that is to have it; found when it is undefined. */
  readonly target: string | undefined;
  /** When that is, as text, for the name of what is set aside. */
  readonly stamp: string;
}

/** How a version is brought back in place of what a dataset contains now. */
export interface RestorePlan {
  readonly kind: 'in-place';
  /** The dataset, as it is now. */
  readonly dataset: Dataset;
  /** What it is called afterwards, with all below it. */
  readonly aside: string;
  /** What takes its place, outermost first. */
  readonly parts: readonly RestoredPart[];
  /** The dataset, and all that is below it, as it is now. */
  readonly moved: readonly Dataset[];
  /** The versions that only what is set aside has then, oldest first. */
  readonly kept: readonly TaggedSnapshot[];
  /** Whether nothing was written since the version, as far as the pool has counted, and nothing came after it. */
  readonly isUnchanged: boolean;
}

/** A dataset that a version has. */
export interface RestoredPart {
  /** The version's snapshot, as it is called now. */
  readonly from: TaggedSnapshot;
  /** The dataset that has it now. */
  readonly source: Dataset;
  /** What the restored dataset is called. */
  readonly destination: string;
  /** The dataset that is there now. */
  readonly existing: Dataset | undefined;
  /** Whether the version is one of what is set aside: then the restored dataset takes over the history up to it. */
  readonly isOwn: boolean;
}

/** Why a version can't be brought back in place. */
export type RestoreFault =
  /** Several datasets come from it. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] }
  /** The dataset is there, and doesn't come from the version. */
  | { readonly kind: 'unrelated'; readonly dataset: string }
  | { readonly kind: 'pool-root'; readonly dataset: string }
  /** Only part of it has come to the dataset. */
  | { readonly kind: 'receiving'; readonly dataset: string }
  | { readonly kind: 'locked'; readonly dataset: string; readonly root: string }
  /** ZFS renames it only to below the encryption root that it has its key from. */
  | { readonly kind: 'encryption-root'; readonly dataset: string; readonly root: string }
  | { readonly kind: 'name-too-long'; readonly dataset: string };

/**
 * Plans how a version is brought back in place: the dataset is renamed with all below it, and clones of the version take its place, which
 * take over the history up to it. Nothing is destroyed.
 */
export function planRestore(datasets: Datasets, request: RestoreRequest): RestorePlan | RestoreFault {
  const name = request.target ?? findTarget(datasets, request.trees);
  if (typeof name !== 'string') return name;
  const dataset = datasets.get(name);
  const tree = dataset === undefined ? undefined : findTreeOf(datasets, dataset, request.trees);
  if (dataset === undefined || tree === undefined) return { kind: 'unrelated', dataset: name };
  const moved = [...datasets.values()]
    .filter((each) => isWithin(each.name, name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = [tree.root, ...tree.members].map((from): RestoredPart => {
    const below = from === tree.root ? '' : `/${pathBelow(from.dataset, tree.root.dataset)}`;
    const destination = `${name}${below}`;
    const source = datasets.get(from.dataset);
    if (source === undefined) throw new Error(`${fullNameOf(from)} is of no dataset`);
    const existing = datasets.get(destination);
    return { from, source, destination, existing, isOwn: from.dataset === destination };
  });
  const fault = findFault(datasets, dataset, moved, parts);
  if (fault !== undefined) return fault;
  const isTaken = (candidate: string): boolean => datasets.has(candidate);
  const aside = chooseAsideName(dataset, 'set-aside', { model: { isTaken }, stamp: request.stamp });
  if (aside === undefined || moved.some((each) => isTooLong(each, name, aside))) {
    return { kind: 'name-too-long', dataset: name };
  }
  return {
    ...{ kind: 'in-place', dataset, aside, parts, moved, kept: findKept(dataset, tree.root) },
    isUnchanged:
      parts.every(isUnchanged) && moved.every((each) => parts.some((part) => part.existing === each)),
  };
}

/** The dataset that comes from a version, if there is one only. */
function findTarget(datasets: Datasets, trees: readonly Tree[]): string | RestoreFault {
  const asides = findAsides(datasets);
  const found = [...datasets.values()].filter((dataset) => {
    if (asides.has(dataset.name)) return false;
    const [first] = trees;
    const hasOwn = dataset.snapshots.some(
      (snapshot) => isTagged(snapshot) && snapshot.tag.streamline === first?.root.tag.streamline,
    );
    return hasOwn && findTreeOf(datasets, dataset, trees) !== undefined;
  });
  // What is below one of them is a member of its tree.
  const candidates = found
    .map(({ name }) => name)
    .filter((name) => !found.some((other) => other.name !== name && isWithin(name, other.name)));
  const [only, ...others] = candidates;
  return only !== undefined && others.length === 0 ? only : { kind: 'ambiguous', candidates };
}

/** The version that a dataset has, or comes from. */
function findTreeOf(datasets: Datasets, dataset: Dataset, trees: readonly Tree[]): Tree | undefined {
  const own = trees.find(({ root }) => root.dataset === dataset.name);
  if (own !== undefined) return own;
  const roots = new Map(trees.map((tree) => [fullNameOf(tree.root), tree]));
  for (const point of walkHistory(datasets, dataset)) {
    const tree = point.kind === 'snapshot' ? roots.get(fullNameOf(point)) : undefined;
    if (tree !== undefined) return tree;
  }
  return undefined;
}

function findFault(
  datasets: Datasets,
  dataset: Dataset,
  moved: readonly Dataset[],
  parts: readonly RestoredPart[],
): RestoreFault | undefined {
  const { name } = dataset;
  if (isPoolRoot(name)) return { kind: 'pool-root', dataset: name };
  const receiving = moved.find(({ partial }) => partial !== undefined);
  if (receiving !== undefined) return { kind: 'receiving', dataset: receiving.name };
  const locked = parts.find(({ source }) => source.encrypted && source.keyStatus === 'unavailable');
  if (locked !== undefined) {
    const { source } = locked;
    return { kind: 'locked', dataset: source.name, root: source.encryptionRoot ?? source.name };
  }
  const root = findTyingRoot(dataset, { findDataset: (other) => datasets.get(other) });
  return root === undefined ? undefined : { kind: 'encryption-root', dataset: name, root };
}

function isTooLong({ name, snapshots }: Dataset, from: string, to: string): boolean {
  const longest = Math.max(0, ...snapshots.map((snapshot) => snapshot.name.length + 1));
  return to.length + name.length - from.length + longest > maxNameLength;
}

/** The versions of a dataset that came after one of its own, or all of them where it is none of its own. */
function findKept({ name, snapshots }: Dataset, root: TaggedSnapshot): TaggedSnapshot[] {
  return snapshots
    .filter(isTagged)
    .filter((snapshot) => root.dataset !== name || snapshot.createtxg > root.createtxg);
}

/** A clone of the version that has no snapshot of its own is at it, too. */
function isUnchanged({ from, existing, isOwn }: RestoredPart): boolean {
  const newest = existing?.snapshots.at(-1);
  const isAt = isOwn ? newest === from : newest === undefined && existing?.origin === fullNameOf(from);
  return isAt && existing?.writtenBytes === 0;
}

import { isTagged, type Dataset, type Datasets, type TaggedSnapshot } from './dataset.js';
import { datasetOf, walkHistory } from './lineage.js';
import { pathBelow, type Tree } from './tree.js';
import { isWithin } from '../zfs/names.js';

/** Two points in one history. */
export interface Pair {
  /** Where it is in a tree, below the uppermost dataset; empty for that itself. */
  readonly path: string;
  readonly from: TaggedSnapshot;
  /** Undefined for what the dataset contains now. */
  readonly to: TaggedSnapshot | undefined;
  /** The later point's. */
  readonly dataset: Dataset;
  /** How often the history was gone on with in a clone between them. */
  readonly cloneCount: number;
}

/** What there is to compare, or why there is nothing. */
export type Comparison =
  | {
      readonly kind: 'pairs';
      readonly pairs: readonly [Pair, ...Pair[]];
      /** Members of the tree that don't come from the earlier version, and that the later one doesn't have, by their paths. */
      readonly onlyLater: readonly string[];
      readonly onlyEarlier: readonly string[];
    }
  /** Both are the same snapshot, or copies of it. */
  | { readonly kind: 'same' }
  /** The first is the later one. */
  | { readonly kind: 'swapped' }
  /** Neither comes from the other; the newest version that both come from, if there is one. */
  | { readonly kind: 'unrelated'; readonly common: TaggedSnapshot | undefined };

/** Finds what to compare for two versions, of which each may be at several places. */
export function compareTrees(
  datasets: Datasets,
  earlier: readonly [Tree, ...Tree[]],
  later: readonly [Tree, ...Tree[]],
): Comparison {
  const guids = new Set(earlier.map(({ root }) => root.guid));
  if (later.some(({ root }) => guids.has(root.guid))) return { kind: 'same' };
  const [{ root: first }] = earlier;
  for (const { root, members } of later) {
    const pairs: Pair[] = [];
    const onlyLater: string[] = [];
    for (const to of [root, ...members]) {
      const path = pathBelow(to.dataset, root.dataset);
      const pair = findPair(datasets, first.name, { path, dataset: datasets.get(to.dataset), to });
      if (pair === undefined) onlyLater.push(path);
      else pairs.push(pair);
    }
    const [pair, ...others] = pairs;
    if (pair?.path === '') return completePairs(earlier, [pair, ...others], onlyLater);
  }
  const [{ root: second }] = later;
  const isSwapped = earlier.some(({ root }) =>
    [...historyOf(datasets, root)].some(({ name }) => name === second.name),
  );
  return isSwapped ? { kind: 'swapped' } : { kind: 'unrelated', common: findCommon(datasets, first, second) };
}

/** Finds what to compare for a version and what a dataset, with all that lies below it, contains now. */
export function compareWithPresent(
  datasets: Datasets,
  earlier: readonly [Tree, ...Tree[]],
  dataset: Dataset,
): Comparison {
  const [{ root: first }] = earlier;
  const root = findPair(datasets, first.name, { path: '', dataset, to: undefined });
  if (root === undefined) return { kind: 'unrelated', common: findCommon(datasets, first, dataset) };
  const isTree = findTree(earlier, root)?.members.length !== 0;
  const pairs: [Pair, ...Pair[]] = [root];
  const onlyLater: string[] = [];
  // A copy below its original is no member.
  const seen = new Set([root.from.guid]);
  for (const below of isTree ? datasetsBelow(datasets, dataset) : []) {
    const path = pathBelow(below.name, dataset.name);
    const pair = findPair(datasets, first.name, { path, dataset: below, to: undefined });
    if (pair === undefined) onlyLater.push(path);
    else if (!seen.has(pair.from.guid)) pairs.push(pair);
    if (pair !== undefined) seen.add(pair.from.guid);
  }
  return completePairs(earlier, pairs, onlyLater);
}

function datasetsBelow(datasets: Datasets, { name }: Dataset): Dataset[] {
  return [...datasets.values()]
    .filter((other) => other.name !== name && isWithin(other.name, name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function completePairs(
  earlier: readonly Tree[],
  pairs: readonly [Pair, ...Pair[]],
  onlyLater: readonly string[],
): Comparison {
  const tree = findTree(earlier, pairs[0]);
  const found = new Set(pairs.map(({ from }) => from.guid));
  const onlyEarlier = (tree?.members ?? [])
    .filter(({ guid }) => !found.has(guid))
    .map(({ dataset }) => pathBelow(dataset, tree?.root.dataset ?? ''));
  return { kind: 'pairs', pairs, onlyLater, onlyEarlier };
}

/** The tree that a pair of the uppermost datasets begins in. */
function findTree(trees: readonly Tree[], { from }: Pair): Tree | undefined {
  return trees.find(({ root }) => root.dataset === from.dataset);
}

/** A later point, of which the earlier one is looked for: as in `Pair`, but its dataset may be missing. */
type LaterPoint = Pick<Pair, 'path' | 'to'> & { readonly dataset: Dataset | undefined };

/** Finds the version of this name in the history of a later point. */
function findPair(datasets: Datasets, name: string, { path, dataset, to }: LaterPoint): Pair | undefined {
  if (dataset === undefined) return undefined;
  for (const from of historyOf(datasets, to ?? dataset)) {
    if (from.name !== name || from === to) continue;
    return { path, from, to, dataset, cloneCount: countClones(datasets, dataset, from.dataset) };
  }
  return undefined;
}

/** The versions that a version, or the present content of a dataset, comes from; the newest first, a version itself included. */
function* historyOf(datasets: Datasets, of: TaggedSnapshot | Dataset): Generator<TaggedSnapshot> {
  const dataset = 'snapshots' in of ? of : datasets.get(of.dataset);
  if (dataset === undefined) return;
  let hasBegun = dataset === of;
  for (const point of walkHistory(datasets, dataset)) {
    hasBegun ||= point === of;
    if (hasBegun && isTagged(point)) yield point;
  }
}

function countClones(datasets: Datasets, dataset: Dataset, ancestor: string): number {
  let count = 0;
  let current: Dataset | undefined = dataset;
  // It is one of its ancestors, or we wouldn't ask.
  while (current !== undefined && current.name !== ancestor) {
    current = current.origin === undefined ? undefined : datasets.get(datasetOf(current.origin));
    count++;
  }
  return count;
}

/** The newest version that both come from. */
function findCommon(
  datasets: Datasets,
  a: TaggedSnapshot,
  b: TaggedSnapshot | Dataset,
): TaggedSnapshot | undefined {
  const ofB = new Set([...historyOf(datasets, b)].map(({ guid }) => guid));
  return [...historyOf(datasets, a)].find(({ guid }) => ofB.has(guid));
}

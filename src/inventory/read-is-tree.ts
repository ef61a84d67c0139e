import type { Endpoint } from '../host/endpoint.js';
import { isTagged, type Dataset, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { walkHistory } from '../streamline/lineage.js';
import { findShared, type Sharing } from '../streamline/tree-members.js';
import { isWithin } from '../zfs/names.js';
import { readMembers } from './find-unchanged.js';

/**
 * Whether a dataset goes on as a tree, with what lies below it: where its newest version was one of a tree. A version of the dataset alone
 * ends that only if `tag --no-recursive` made it, which writes down that it has one member; any other is taken for an oversight.
 * @param streamline whose versions count, if the dataset has any of it; undefined for that of the newest one
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readIsTree(
  endpoint: Endpoint,
  datasets: Datasets,
  dataset: Dataset,
  streamline: string | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  const history = [...walkHistory(datasets, dataset)].filter(isTagged);
  const newest = history.find(({ tag }) => tag.streamline === streamline) ?? history[0];
  if (newest === undefined) return false;
  const shared = findShared(datasets, [dataset], newest.tag.streamline).get(dataset.name);
  return readWhetherTree(endpoint, { datasets, dataset, newest, shared }, signal);
}

/** A dataset with its newest version, and what `findShared` says of it. */
export interface TreeQuestion {
  readonly datasets: Datasets;
  readonly dataset: Dataset;
  readonly newest: TaggedSnapshot;
  readonly shared: Sharing | undefined;
}

/** As `readIsTree`, where what is shared is known already. zfs is asked only where the snapshots don't tell. */
export async function readWhetherTree(
  endpoint: Endpoint,
  { datasets, dataset, newest, shared }: TreeQuestion,
  signal?: AbortSignal,
): Promise<boolean> {
  if (shared === 'newest') return true;
  // All that belonged to it may have been destroyed, and something new be there.
  if (shared === undefined && !hasUnsavedBelow(datasets, dataset)) return false;
  const members = await readMembers(endpoint, newest, signal);
  return members === undefined ? shared !== undefined : members > 1;
}

function hasUnsavedBelow(datasets: Datasets, { name }: Dataset): boolean {
  return [...datasets.values()].some(
    (below) => below.name !== name && isWithin(below.name, name) && !below.snapshots.some(isTagged),
  );
}

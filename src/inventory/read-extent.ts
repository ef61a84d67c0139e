import type { Endpoint } from '../host/endpoint.js';
import { isTagged, type Dataset, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { walkHistory } from '../streamline/lineage.js';
import { findShared, type Sharing } from '../streamline/tree-members.js';
import { isWithin } from '../zfs/names.js';
import { readMembers } from './find-unchanged.js';

/** What a version of a dataset covers: what lies below it, too, or the dataset alone; `told-alone` where somebody said so. */
export type Extent = 'tree' | 'alone' | 'told-alone';

/** A dataset whose extent is to be found. */
export interface ExtentQuestion {
  readonly datasets: Datasets;
  readonly dataset: Dataset;
  /** Whose versions count, if the dataset has any of it; undefined for that of the newest one. */
  readonly streamline: string | undefined;
}

/**
 * How a dataset goes on: as a tree, with what lies below it, where its newest version was one of a tree. A version of the dataset alone
 * ends that only if `tag --no-recursive` made it, or one that goes on so: that writes down that it has one member. Any other is taken for
 * an oversight.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readExtent(
  endpoint: Endpoint,
  { datasets, dataset, streamline }: ExtentQuestion,
  signal?: AbortSignal,
): Promise<Extent> {
  const history = [...walkHistory(datasets, dataset)].filter(isTagged);
  const newest = history.find(({ tag }) => tag.streamline === streamline) ?? history[0];
  if (newest === undefined) return 'alone';
  const shared = findShared(datasets, [dataset], newest.tag.streamline).get(dataset.name);
  return readExtentSince(endpoint, { datasets, dataset, newest, shared }, signal);
}

/** A dataset with its newest version, and what `findShared` says of it. */
export interface TreeQuestion {
  readonly datasets: Datasets;
  readonly dataset: Dataset;
  readonly newest: TaggedSnapshot;
  readonly shared: Sharing | undefined;
}

/** As `readExtent`, where what is shared is known already. zfs is asked only where the snapshots don't tell. */
export async function readExtentSince(
  endpoint: Endpoint,
  { datasets, dataset, newest, shared }: TreeQuestion,
  signal?: AbortSignal,
): Promise<Extent> {
  if (shared === 'newest') return 'tree';
  // All that belonged to it may have been destroyed, and something new be there.
  if (shared === undefined && !hasUnsavedBelow(datasets, dataset)) return 'alone';
  const members = await readMembers(endpoint, newest, signal);
  if (members === 1) return 'told-alone';
  return members !== undefined || shared !== undefined ? 'tree' : 'alone';
}

function hasUnsavedBelow(datasets: Datasets, { name }: Dataset): boolean {
  return [...datasets.values()].some(
    (below) => below.name !== name && isWithin(below.name, name) && !below.snapshots.some(isTagged),
  );
}

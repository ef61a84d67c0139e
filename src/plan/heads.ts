import { isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findNewest } from '../streamline/lineage.js';
import { isChosenTag, type VersionPattern } from '../streamline/selection.js';
import { isWithin } from '../zfs/names.js';
import { findSources, type Source } from './sources.js';

/** Where a streamline goes on: the dataset that has its newest version. */
export interface Head {
  readonly streamline: string;
  readonly dataset: string;
  readonly newest: TaggedSnapshot;
  /** Whether what lies below the dataset belongs to the version. */
  readonly isTree: boolean;
}

/**
 * Finds where the streamlines of a host go on: for each the dataset that has its newest version, the original where there are
 * copies. A dataset that has gone on as another streamline is no head, and a streamline without one is left out.
 * @param patterns only these streamlines; all when empty
 */
export function findHeads(datasets: Datasets, patterns: readonly VersionPattern[]): Head[] {
  const sources = findSources(datasets, { patterns, latest: false, allSnapshots: false });
  const heads = new Map<string, Head>();
  // Originals come before their copies, and of a tree what is above before what is below: the first one found is meant.
  for (const source of sources) {
    const newest = source.dataset.snapshots.findLast(isTagged);
    if (newest === undefined || !isChosenTag(patterns, newest.tag)) continue;
    const { streamline } = newest.tag;
    const known = heads.get(streamline);
    if (known !== undefined && findNewest([known.newest, newest]) === known.newest) continue;
    heads.set(streamline, { streamline, dataset: newest.dataset, newest, isTree: isTree(source, sources) });
  }
  return [...heads.values()].sort((a, b) => (a.streamline < b.streamline ? -1 : 1));
}

/** Whether something below a dataset was made into the same version at the same time. */
function isTree({ dataset, versions }: Source, sources: readonly Source[]): boolean {
  const newest = versions.at(-1)?.name;
  return sources.some(
    (other) =>
      other.dataset !== dataset &&
      isWithin(other.dataset.name, dataset.name) &&
      other.versions.at(-1)?.name === newest,
  );
}

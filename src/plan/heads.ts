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
 * Finds where the streamlines of a host go on: for each the dataset that has its newest version. Of copies that have it too, that is
 * the original, or, where nothing was written to that, the one to which something was. A dataset that has gone on as another streamline
 * is no head, and a streamline without one is left out.
 * @param patterns only these streamlines; all when empty
 */
export function findHeads(datasets: Datasets, patterns: readonly VersionPattern[]): Head[] {
  const sources = findSources(datasets, { patterns, latest: false, allSnapshots: false });
  const membersOf = findMembers(sources);
  const heads = new Map<string, Head & { readonly isWritten: boolean }>();
  // Originals come before their copies, and of a tree what is above before what is below: the first one found is meant.
  for (const source of sources) {
    const newest = source.dataset.snapshots.findLast(isTagged);
    if (newest === undefined || !isChosenTag(patterns, newest.tag)) continue;
    const { streamline } = newest.tag;
    const members = membersOf(source);
    const isWritten = members.some(({ dataset }) => dataset.writtenBytes > 0);
    const known = heads.get(streamline);
    if (known !== undefined && findNewest([known.newest, newest]) === known.newest) {
      const isBetterCopy = newest.guid === known.newest.guid && isWritten && !known.isWritten;
      if (!isBetterCopy) continue;
    }
    const isTree = members.length > 1;
    heads.set(streamline, { streamline, dataset: newest.dataset, newest, isTree, isWritten });
  }
  return [...heads.values()]
    .map(({ streamline, dataset, newest, isTree }) => ({ streamline, dataset, newest, isTree }))
    .sort((a, b) => (a.streamline < b.streamline ? -1 : 1));
}

/** Tells what was made into the newest version of a dataset at the same time: itself, and what of that lies below it. No copies. */
function findMembers(sources: readonly Source[]): (source: Source) => Source[] {
  const byNewest = new Map<string | undefined, Source[]>();
  for (const source of sources) {
    const newest = source.versions.at(-1)?.name;
    const alike = byNewest.get(newest);
    if (alike === undefined) byNewest.set(newest, [source]);
    else alike.push(source);
  }
  return (source) => {
    const newest = source.versions.at(-1);
    const isMember = ({ dataset, versions }: Source): boolean =>
      isWithin(dataset.name, source.dataset.name) && versions.at(-1)?.guid !== newest?.guid;
    return [source, ...(byNewest.get(newest?.name) ?? []).filter(isMember)];
  };
}

import { isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findNewest } from '../streamline/lineage.js';
import { findShared, findTreeAbove, type Sharing } from '../streamline/tree-members.js';
import { isChosenTag, type VersionPattern } from '../streamline/selection.js';
import { isWithin } from '../zfs/names.js';
import { findSources, type Source } from './sources.js';

/** Where a streamline goes on: the dataset that has its newest version, or the tree that this belongs to. */
export interface Head {
  readonly streamline: string;
  readonly dataset: string;
  readonly newest: TaggedSnapshot;
  /** Which of its versions belong to something below the dataset, too. */
  readonly shared: Sharing | undefined;
  /** Copies that have the newest version, too, and to which something was written: one of them may have been restored. */
  readonly writtenCopies: readonly string[];
}

/**
 * Finds where the streamlines of a host go on: for each the dataset that has its newest version, the original where there are
 * copies. A dataset that has gone on as another streamline is no head, and a streamline without one is left out. A member of a tree
 * that has a version of its own is none, either: the tree goes on where it was.
 * @param patterns only these streamlines; all when empty
 */
export function findHeads(datasets: Datasets, patterns: readonly VersionPattern[]): Head[] {
  const sources = findSources(datasets, { patterns, latest: false });
  const heads = new Map<string, { newest: TaggedSnapshot; source: Source; copies: Source[] }>();
  // Originals come before their copies, and of a tree what is above before what is below: the first one found is meant.
  for (const source of sources) {
    const newest = source.dataset.snapshots.findLast(isTagged);
    if (newest === undefined || !isChosenTag(patterns, newest.tag)) continue;
    const known = heads.get(newest.tag.streamline);
    if (known?.newest.guid === newest.guid) {
      known.copies.push(source);
    } else if (known === undefined || findNewest([known.newest, newest]) !== known.newest) {
      heads.set(newest.tag.streamline, { newest, source, copies: [] });
    }
  }
  const byDataset = new Map(sources.map((source) => [source.dataset.name, source]));
  for (const [streamline, { source: member }] of heads) {
    const tree = findTreeAbove(datasets, member.dataset);
    const source = byDataset.get(tree?.name ?? '');
    const newest = tree?.snapshots.findLast(isTagged);
    if (source !== undefined && newest !== undefined) heads.set(streamline, { newest, source, copies: [] });
  }
  const membersOf = findMembers(sources);
  const roots = Array.from(heads.values(), ({ source }) => source.dataset);
  const shared = findShared(datasets, roots);
  return Array.from(heads, ([streamline, { newest, copies }]): Head => {
    const isWritten = (copy: Source): boolean =>
      membersOf(copy).some(({ dataset }) => dataset.writtenBytes > 0);
    return {
      ...{ streamline, dataset: newest.dataset, newest, shared: shared.get(newest.dataset) },
      writtenCopies: copies.filter(isWritten).map(({ dataset }) => dataset.name),
    };
  }).sort((a, b) => (a.streamline < b.streamline ? -1 : 1));
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

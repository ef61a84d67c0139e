import type { Datasets } from '../../streamline/dataset.js';
import { readTag } from '../../streamline/tag.js';
import type { Leftover } from '../leftover.js';
import type { DatasetsReading } from './host-reading.js';
import { findLeftHolds, findStalePartials, type LeftoverContext } from './judge-leftovers.js';

/** Of each dataset, so many bookmarks stay: a receiver that has nothing newer than one of them can be sent an increment from it. */
export const keptBookmarks = 50;

/** What can be removed without anything being lost that a run would need. */
export function findLeftovers(
  { inventory: { datasets }, holds }: Pick<DatasetsReading, 'inventory' | 'holds'>,
  context: LeftoverContext,
): Leftover[] {
  return [
    ...findLeftHolds(holds, context).map(({ tag, snapshot }) => ({ kind: 'hold', tag, snapshot }) as const),
    ...findStalePartials(datasets).map(({ name }) => ({ kind: 'stale-partial', dataset: name }) as const),
    ...findOldBookmarks(datasets).map((name) => ({ kind: 'bookmark', name }) as const),
  ];
}

/** Only bookmarks that have the name of a version are of ours. */
function findOldBookmarks(datasets: Datasets): string[] {
  return [...datasets.values()].flatMap(({ name, bookmarks }) => {
    const ours = bookmarks.filter((bookmark) => readTag(bookmark.name).kind === 'tag');
    return ours.slice(0, Math.max(0, ours.length - keptBookmarks)).map((point) => `${name}#${point.name}`);
  });
}

/** The call of zfs that removes a leftover. */
export function removalOf(leftover: Leftover): string[] {
  switch (leftover.kind) {
    case 'hold':
      return ['release', leftover.tag, leftover.snapshot];
    case 'stale-partial':
      return ['receive', '-A', leftover.dataset];
    case 'bookmark':
      return ['destroy', leftover.name];
  }
}

import type { Leftover } from '../leftover.js';
import type { DatasetsReading } from './host-reading.js';
import {
  findLeftHolds,
  findOldBookmarks,
  findStalePartials,
  type LeftoverContext,
} from './judge-leftovers.js';

/** What can be removed, as runs that are over have left it; of bookmarks, what no receiver will need that is not very far behind. */
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

import type { Datasets, Point } from '../streamline/dataset.js';
import { listCommon } from './conflict.js';
import type { Plan } from './plan.js';

/**
 * Finds the snapshots of the sender that are the last common ones with the receiver, are not sent from or to by the plan, and have no
 * bookmark: where a receiver was brought up to date by hand, or by a run that died, there is none. Once they are pruned, nothing
 * would be left to go on from.
 */
export function findUnmarked({ upToDate, conflicts }: Plan, sender: Datasets): Point[] {
  const common = [
    ...upToDate.map(({ newest }) => newest),
    ...conflicts.flatMap(({ reason }) => listCommon(reason)),
  ];
  return common.filter(({ kind, dataset, name, guid }) => {
    const { bookmarks = [] } = sender.get(dataset) ?? {};
    return (
      kind === 'snapshot' && !bookmarks.some((bookmark) => bookmark.guid === guid || bookmark.name === name)
    );
  });
}

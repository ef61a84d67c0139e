import type { Endpoint } from '../host/endpoint.js';
import { readPointProperties } from '../inventory/read-point-properties.js';
import { readSnapshotsOf } from '../inventory/read-about.js';
import { findDoubts, findReencrypted, isEmpty, withoutRedactedTwins } from '../plan/doubts.js';
import type { Plan } from '../plan/plan.js';
import type { Datasets } from '../streamline/dataset.js';

/** What a plan was made from. */
export interface PlannedDatasets {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  /** All that the sender has: `sender` was chosen from it. */
  readonly wholeSender: Datasets;
}

/** What is known when all is asked that a plan rests on. */
export interface ResolvedDoubts {
  /** The sender's datasets, with what wasn't listed at first, and without bookmarks that are no good base. */
  readonly sender: Datasets;
  /** Full names of the receiver's snapshots that were encrypted anew there. */
  readonly reencrypted: ReadonlySet<string>;
}

/**
 * Asks both hosts what a plan rests on that their lists don't tell: most rest on nothing else.
 * @returns undefined where there was nothing to ask; otherwise what to plan with
 * @throws ZfsVmError when a host can't be asked
 */
export async function resolveDoubts(
  plan: Plan,
  datasets: PlannedDatasets,
  sides: { readonly sender: Endpoint; readonly receiver: Endpoint },
  signal: AbortSignal,
): Promise<ResolvedDoubts | undefined> {
  const doubts = findDoubts(plan, datasets);
  if (isEmpty(doubts)) return undefined;
  const { encryptedAlike, twinBookmarks, unlistedRoots } = doubts;
  const ours = [...new Set([...encryptedAlike.map((pair) => pair.ours), ...twinBookmarks])];
  const theirs = encryptedAlike.map((pair) => pair.theirs);
  const [points, theirPoints, rows] = await Promise.all([
    readPointProperties(sides.sender, ours, signal),
    readPointProperties(sides.receiver, theirs, signal),
    readSnapshotsOf(sides.sender, unlistedRoots, signal),
  ]);
  const sender = new Map(withoutRedactedTwins(datasets.wholeSender, doubts, points));
  for (const { kind, ...row } of rows) {
    const dataset = sender.get(row.dataset);
    if (dataset === undefined || kind === 'bookmark') continue;
    const snapshots = [...dataset.snapshots, { kind, ...row, tag: undefined }];
    sender.set(row.dataset, { ...dataset, snapshots });
  }
  return { sender, reencrypted: findReencrypted(doubts, points, theirPoints) };
}

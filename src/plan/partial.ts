import type { Dataset, PartialReceive, Snapshot } from '../streamline/dataset.js';
import { findTagIn } from '../streamline/tag.js';
import type { ConflictReason, Preparation } from './plan.js';
import type { Source } from './sources.js';

/**
 * How to make room where a receive of ours was interrupted: of a version of the same streamline, going by the name of what was
 * sent. Undefined for anything else, which somebody may still want to go on with.
 */
export function planAbortOfOurs({ partial }: Dataset, { versions }: Source): Preparation | undefined {
  if (partial === undefined) return undefined;
  const toName = partial.content?.toName ?? '';
  const streamline = findTagIn(toName)?.streamline;
  const isOurs = streamline !== undefined && versions.some(({ tag }) => tag?.streamline === streamline);
  return isOurs ? { kind: 'abort', of: toName, token: partial.token } : undefined;
}

/**
 * How to make room where a receive was interrupted that nobody can go on with: of a snapshot of this very dataset of the sender, going by the
 * dataset's name in what was sent and by where it began, and the snapshot is gone there. So `--all-snapshots` leaves it, where the names
 * of snapshots tell nothing. Of a whole dataset, another host may have begun it that has a dataset of that name: there it had no chance
 * any more, as two can't have one place.
 * @param bases what it may have begun from: GUIDs of points that the dataset and the receiver have in common; undefined for a whole dataset
 */
export function planAbortOfGone(
  { partial }: Dataset,
  { dataset }: Source,
  bases: readonly (bigint | undefined)[],
): Preparation | undefined {
  const content = partial?.content;
  if (partial === undefined || content === undefined || !bases.includes(content.fromGuid)) return undefined;
  const isOfDataset = content.toName.startsWith(`${dataset.name}@`);
  const isThere = dataset.snapshots.some(({ guid }) => guid === content.toGuid);
  if (!isOfDataset || isThere) return undefined;
  return { kind: 'abort', of: content.toName, token: partial.token };
}

/**
 * How to make room at the place of a new dataset where a receive of ours was interrupted that can't be gone on with.
 * @param base where the dataset begins: the point that it becomes a clone of; undefined when it goes whole
 * @param allSnapshots whether snapshots go whatever their names are
 */
export function planAbortOfLeftover(
  existing: Dataset,
  source: Source,
  { base, allSnapshots }: { readonly base: bigint | undefined; readonly allSnapshots: boolean },
): Preparation | undefined {
  return (
    planAbortOfOurs(existing, source) ??
    (allSnapshots ? planAbortOfGone(existing, source, [undefined, base]) : undefined)
  );
}

/**
 * Whether what was interrupted is the very stream that would be sent. What is encrypted travels raw: where somebody began it without,
 * going on would leave a copy in plain text.
 * @param from the GUID that the stream begins at; undefined for a full one
 */
export function isBegun(
  { content }: PartialReceive,
  { encrypted }: Dataset,
  to: Snapshot,
  from: bigint | undefined,
): boolean {
  if (content?.toGuid !== to.guid || content.fromGuid !== from) return false;
  return content.isRaw || !encrypted;
}

/** An interrupted receive as a conflict. */
export function toPartialConflict({ name, partial }: Dataset): ConflictReason {
  return { kind: 'partial-receive', destination: name, of: partial?.content?.toName };
}

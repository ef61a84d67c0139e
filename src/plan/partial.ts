import type { Dataset, PartialReceive, Snapshot } from '../streamline/dataset.js';
import { findTagIn } from '../streamline/tag.js';
import type { ConflictReason, Preparation } from './plan.js';
import type { Source } from './sources.js';

/**
 * How to make room where a receive of ours was interrupted: of a version of the same streamline, going by the name of what was
 * sent. Undefined for anything else, which somebody may still want to go on with.
 */
export function abortOurs({ partial }: Dataset, { versions }: Source): Preparation | undefined {
  if (partial === undefined) return undefined;
  const toName = partial.content?.toName ?? '';
  const streamline = findTagIn(toName)?.streamline;
  const isOurs = streamline !== undefined && versions.some(({ tag }) => tag?.streamline === streamline);
  return isOurs ? { kind: 'abort', of: toName, token: partial.token } : undefined;
}

/**
 * How to make room where a receive was interrupted that nobody can go on with: of a snapshot of this very dataset of the sender, from the
 * base that both sides have, and the snapshot is gone there. So `--all-snapshots` leaves it, where names tell nothing. Of a whole dataset
 * it can't be known, since another host may have a dataset of that name: that stays.
 * @param base the GUID of the newest point that the dataset and its copy have in common
 */
export function abortGone({ partial }: Dataset, { dataset }: Source, base: bigint): Preparation | undefined {
  const content = partial?.content;
  if (partial === undefined || content?.fromGuid !== base) return undefined;
  const isOfDataset = content.toName.startsWith(`${dataset.name}@`);
  const isThere = dataset.snapshots.some(({ guid }) => guid === content.toGuid);
  if (!isOfDataset || isThere) return undefined;
  return { kind: 'abort', of: content.toName, token: partial.token };
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
export function describePartial({ name, partial }: Dataset): ConflictReason {
  return { kind: 'partial-receive', destination: name, of: partial?.content?.toName };
}

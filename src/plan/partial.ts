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

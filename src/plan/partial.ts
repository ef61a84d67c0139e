import type { Dataset } from '../streamline/dataset.js';
import { findTagIn } from '../streamline/tag.js';
import type { ConflictReason, Preparation } from './plan.js';
import type { Source } from './sources.js';

/**
 * How to make room where a receive of ours was interrupted: of a version of the same streamline, going by the name of what was
 * sent. Undefined for anything else, which somebody may still want to go on with.
 */
export function abortOurs({ partial }: Dataset, { versions }: Source): Preparation | undefined {
  const toName = partial?.content?.toName ?? '';
  const streamline = findTagIn(toName)?.streamline;
  const isOurs = streamline !== undefined && versions.some(({ tag }) => tag?.streamline === streamline);
  return isOurs ? { kind: 'abort', of: toName } : undefined;
}

/** An interrupted receive as a conflict. */
export function describePartial({ name, partial }: Dataset): ConflictReason {
  return { kind: 'partial-receive', destination: name, of: partial?.content?.toName };
}

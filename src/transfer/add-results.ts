import type { TransferResult } from './event.js';

/** What two runs after each other came to; what the first one missed is the second one's to bring. */
export function addResults(
  before: TransferResult,
  { versions, bytes, seconds, deleted = 0, ...last }: TransferResult,
): TransferResult {
  return {
    ...last,
    deleted: (before.deleted ?? 0) + deleted,
    versions: before.versions + versions,
    bytes: before.bytes + bytes,
    seconds: before.seconds + seconds,
  };
}

import { showCommand } from '../../base/shell.js';
import type { StreamlineStatus } from '../../plan/compare-streamlines.js';
import { fullNameOf, type TaggedSnapshot } from '../../streamline/dataset.js';
import { datasetOf } from '../../streamline/lineage.js';
import type { LeftOut } from '../../streamline/tree-members.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { Status } from '../../tasks/status/status-result.js';

/** How long ago a version was made, in seconds; undefined when it isn't known. What comes from the future is new. */
export function findAge(
  { atSeconds, createdAtSeconds }: Status,
  version: TaggedSnapshot | undefined,
): number | undefined {
  const madeAt = version === undefined ? undefined : createdAtSeconds.get(version.guid);
  return madeAt === undefined ? undefined : Math.max(0, atSeconds - madeAt);
}

/** Estimated bytes of all that a push would send; undefined when one of the streams has no estimate. */
export function sumBytes({ sizes }: Status, { streams }: StreamlineStatus): number | undefined {
  const known = streams.map((stream) => sizes.get(stream));
  return known.reduce<number | undefined>(
    (sum, bytes) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  );
}

/** What is to be known of a row beside its state, with what to do about it. */
export interface Remark {
  readonly words: string;
  readonly resolution: string;
}

/** What is to be known of a streamline on a host though nothing keeps a push from it, as long as there is no conflict. */
export function listRemarks(
  { partials, changed, conflicts }: StreamlineStatus,
  host: string,
): readonly Remark[] {
  if (conflicts.length > 0) return [];
  const left = partials.filter(({ isResumed }) => !isResumed);
  return [
    ...left.map(({ dataset, tag }) => ({
      words: `${host}:${dataset} has an interrupted receive of ${formatTagShort(tag)} that a push would not resume`,
      resolution: `push with the same options as before (-d), or discard it with ${showCommand('zfs-vm', 'abort', '-n', tag.streamline, host)}`,
    })),
    ...changed.map((tip) => ({
      words: `${host}:${tip} was written to or mounted since: the next push will report a conflict`,
      resolution: `on ${host}, list the changes with ${showCommand('zfs', 'diff', tip)} (if it is not mounted, first ${showCommand('zfs', 'mount', '-o', 'ro', datasetOf(tip))}) and discard them with ${showCommand('zfs', 'rollback', tip)}, or push the next version with --set-aside to keep them`,
    })),
  ];
}

/** A member that is left out, in words, e.g. `tank/t@zfs-vm:web:3 is without tank/t/data, which was in web:2`. */
export function describeLeftOut({ newest, last }: LeftOut): string {
  return `${fullNameOf(newest)} lacks ${last.dataset}, which ${formatTagShort(last.tag)} contains: the tree has fewer members than before`;
}

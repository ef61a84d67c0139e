import type { StreamlineStatus } from '../../plan/compare-streamlines.js';
import { fullNameOf, type TaggedSnapshot } from '../../streamline/dataset.js';
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

/** A member that is left out, in words, e.g. `tank/t@zfs-vm:web:3 is without tank/t/data, which was in web:2`. */
export function describeLeftOut({ newest, last }: LeftOut): string {
  return `${fullNameOf(newest)} is without ${last.dataset}, which was in ${formatTagShort(last.tag)}: it has fewer members than before`;
}

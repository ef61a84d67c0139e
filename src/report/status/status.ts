import type { ZfsVmError } from '../../base/errors.js';
import type { StreamlineStatus } from '../../plan/compare-streamlines.js';
import type { PlannedStream } from '../../plan/stream.js';
import { fullNameOf, type TaggedSnapshot } from '../../streamline/dataset.js';
import type { LeftOut } from '../../streamline/membership.js';
import { formatTagShort } from '../../streamline/tag.js';

/** This machine compared with other hosts. */
export interface Status {
  /** When, in seconds since 1970. */
  readonly atSeconds: number;
  /** The newest version of each streamline of this machine, by name. */
  readonly newest: readonly TaggedSnapshot[];
  readonly hosts: readonly HostStatus[];
  /** Members of trees that the newest version doesn't have; none when left out. */
  readonly leftOut?: readonly LeftOut[];
  /** When versions were made, in seconds since 1970, by GUID; one may be missing. */
  readonly createdAtSeconds: ReadonlyMap<bigint, number>;
  /** Estimated bytes of streams; one may be missing. */
  readonly sizes: ReadonlyMap<PlannedStream, number>;
}

/** One host, or why it couldn't be asked. */
export type HostStatus =
  | {
      readonly kind: 'compared';
      readonly host: string;
      readonly streamlines: readonly StreamlineStatus[];
      /** Its datasets that were copies, and were set aside; none when left out. */
      readonly setAside?: readonly string[];
    }
  | { readonly kind: 'failed'; readonly host: string; readonly error: ZfsVmError };

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

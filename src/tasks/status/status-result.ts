import type { ZfsVmError } from '../../base/errors.js';
import type { StreamlineStatus } from '../../plan/compare-streamlines.js';
import type { PlannedStream } from '../../plan/stream.js';
import type { TaggedSnapshot } from '../../streamline/dataset.js';
import type { LeftOut } from '../../streamline/tree-members.js';

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

import type { ZfsVmError } from '../../base/errors.js';
import type { Transport } from '../../base/transports.js';
import type { Duty } from './duties.js';

/**
 * How bad it is: `ok`; `note` for what somebody should know and nothing needs; `warning` for what works and not as well as it could;
 * `fault` for what makes commands fail.
 */
export type Level = 'ok' | 'note' | 'warning' | 'fault';

/** Something that was looked at on a host, how it is there, and how bad that is. */
export type Finding = FindingDetail & { readonly level: Level };

/** A dataset that others were cloned from. */
export interface ClonedDataset {
  readonly dataset: string;
  /** The clones outside of it and what is below it. */
  readonly clones: readonly string[];
}

/** What was found; each kind has its words in `report/doctor/`. */
export type FindingDetail =
  /** It is this machine: nothing was connected to. */
  | { readonly kind: 'local' }
  /** A connection is there. `reasons` says why it isn't the usual one. */
  | {
      readonly kind: 'connection';
      readonly transport: Transport | undefined;
      readonly isAsked: boolean;
      readonly reasons: readonly string[];
      readonly elapsedMs: number;
    }
  /** There is no connection, or no command can be run on it. */
  | { readonly kind: 'unreachable'; readonly error: ZfsVmError }
  /** The key opens a gate: only what it answers can be looked at. */
  | { readonly kind: 'gate'; readonly error: ZfsVmError }
  | { readonly kind: 'host-key'; readonly fingerprint: string | undefined }
  /** Whether two commands may run at once on the connection. */
  | { readonly kind: 'sessions'; readonly reason: string | undefined }
  /** How fast the link is, the way large streams go. */
  | {
      readonly kind: 'speed';
      readonly roundTripMs: number;
      /** To the host, in bytes a second. */
      readonly upload: number;
      /** From the host. */
      readonly download: number;
    }
  /** Who we are there. */
  | { readonly kind: 'account'; readonly user: string; readonly isRoot: boolean; readonly shell: string }
  /** What login scripts print to stdout before a command. */
  | { readonly kind: 'banner'; readonly text: string | undefined }
  | { readonly kind: 'programs'; readonly missing: readonly string[] }
  | { readonly kind: 'zstd'; readonly isThere: boolean }
  | { readonly kind: 'clock'; readonly skewSeconds: number }
  /** zfs can't be used at all. */
  | { readonly kind: 'zfs-unusable'; readonly error: ZfsVmError }
  /** The version of OpenZFS; undefined for the zfs of illumos. */
  | {
      readonly kind: 'zfs-version';
      readonly version: string | undefined;
      readonly kernelVersion: string | undefined;
    }
  | { readonly kind: 'pools'; readonly names: readonly string[] }
  | { readonly kind: 'pool-health'; readonly pool: string; readonly health: string }
  | { readonly kind: 'pool-readonly'; readonly pool: string }
  | { readonly kind: 'pool-features'; readonly pool: string; readonly disabled: readonly string[] }
  | {
      readonly kind: 'pool-space';
      readonly pool: string;
      readonly freeBytes: number;
      readonly percentUsed: number;
    }
  /** A dataset is near its quota, or that of what is above it. */
  | {
      readonly kind: 'quota';
      readonly dataset: string;
      readonly quotaBytes: number;
      readonly availableBytes: number;
    }
  /** The dataset under which new ones would go. `missing` is the first part of it that isn't there. */
  | { readonly kind: 'destination'; readonly dataset: string; readonly missing: string | undefined }
  /** The key of the place that new datasets would go to isn't loaded. */
  | { readonly kind: 'destination-key'; readonly dataset: string; readonly root: string }
  /** What a user who isn't root lacks for a duty, at the place where it is nearest to be granted. */
  | {
      readonly kind: 'rights';
      readonly duty: Duty;
      readonly user: string;
      readonly place: string | undefined;
      readonly missing: readonly string[];
      readonly wanted: readonly string[];
    }
  /** Everything may be done: as root, or through sudo. */
  | { readonly kind: 'all-rights'; readonly by: 'root' | 'sudo' }
  /** zfs can't be run as root, though that was asked for: what follows is about the user. */
  | { readonly kind: 'sudo-unusable'; readonly error: ZfsVmError }
  /** How zfs is run as root. */
  | { readonly kind: 'sudo'; readonly isLogging: boolean }
  | { readonly kind: 'holds'; readonly count: number; readonly snapshots: readonly string[] }
  /** Holds of runs that may still be at work. */
  | { readonly kind: 'young-holds'; readonly count: number }
  | {
      readonly kind: 'partials';
      readonly datasets: readonly string[];
      /** Whether a run can continue them. */
      readonly isResumable: boolean;
    }
  /** Datasets that were set aside; `cloned` are those that can't be destroyed, as others were cloned from them. */
  | {
      readonly kind: 'asides';
      readonly datasets: readonly string[];
      readonly cloned: readonly ClonedDataset[];
    }
  | { readonly kind: 'bookmarks'; readonly count: number }
  | { readonly kind: 'malformed-tags'; readonly names: readonly string[] }
  | { readonly kind: 'no-leftovers' }
  /** Whether locks between runs can be taken on this machine. */
  | { readonly kind: 'locks'; readonly error: ZfsVmError | undefined };

import type { Inventory } from '../../inventory/inventory.js';

/** A pool, as `zpool list` and `zpool get` tell of it. */
export interface PoolReading {
  readonly name: string;
  readonly freeBytes: number;
  readonly percentUsed: number;
  readonly health: string;
  readonly isReadonly: boolean;
  /** `disabled`, `enabled` or `active`, by the name without `feature@`; those that the version doesn't have are missing. */
  readonly features: ReadonlyMap<string, string>;
}

/** A filesystem or volume, as far as its space goes. */
export interface SpaceReading {
  readonly name: string;
  readonly availableBytes: number;
  /** 0 for none. */
  readonly quotaBytes: number;
}

/** How a command of the examination ended, with all that it said. */
export interface SectionReading {
  readonly status: number;
  readonly output: string;
}

/** What a host tells of itself before anything of its datasets is asked. */
export interface HostReading {
  readonly user: string;
  readonly userId: number;
  readonly groups: readonly string[];
  readonly shell: string;
  /** What came before the first answer, by login scripts. */
  readonly banner: string;
  readonly missingPrograms: readonly string[];
  readonly hasZstd: boolean;
  /** Seconds since 1970, by its clock. */
  readonly clockSeconds: number | undefined;
  /** What `sudo -l` says, where zfs is run through it. */
  readonly sudo: SectionReading | undefined;
  readonly version: SectionReading;
  /** What `uname -s` says, such as `Linux`, `FreeBSD`, or `SunOS` for illumos. */
  readonly system: string;
  /** How a first list of datasets went: whether zfs can be used at all. */
  readonly use: SectionReading;
  readonly pools: readonly PoolReading[];
  readonly space: readonly SpaceReading[];
}

/** A hold of a snapshot. */
export interface HoldReading {
  readonly snapshot: string;
  readonly tag: string;
  /** When it was taken, in seconds since 1970; undefined when that can't be read. */
  readonly takenAtSeconds: number | undefined;
}

/** What a host has, and what we may do there. */
export interface DatasetsReading {
  readonly inventory: Inventory;
  readonly holds: readonly HoldReading[];
  /** What the user may do, by the dataset; nothing where zfs is run as root. */
  readonly permissions: ReadonlyMap<string, ReadonlySet<string>>;
}

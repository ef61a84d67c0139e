import type { Tag } from './tag.js';

/** A snapshot of one dataset on one host. */
export interface Snapshot {
  readonly dataset: string;
  /** The part of its name after `@`. */
  readonly name: string;
  /** What the snapshot is, wherever it was sent and however it is called; two with one GUID have the same content. */
  readonly guid: bigint;
  /** When it was made, as the pool's transaction group: orders the snapshots of one pool. */
  readonly createtxg: bigint;
  /** Which version of what it is, when it is one of ours. */
  readonly tag: Tag | undefined;
  /** Only where the inventory was read with details. */
  readonly createdAtSeconds?: number;
  /** Only where the inventory was read with details. */
  readonly referencedBytes?: number;
}

/** A snapshot that is a version of a streamline. */
export type TaggedSnapshot = Snapshot & { readonly tag: Tag };

/** A filesystem or volume on one host, with its snapshots. */
export interface Dataset {
  readonly name: string;
  readonly type: 'filesystem' | 'volume';
  /** The snapshot it was cloned from, by full name. */
  readonly origin: string | undefined;
  readonly encrypted: boolean;
  /** The token of a receive that was interrupted and can be resumed. */
  readonly resumeToken: string | undefined;
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
}

/** The datasets of a host by name. */
export type Datasets = ReadonlyMap<string, Dataset>;

/** The full name, e.g. `tank/vm@zfs-vm:debian-7:12`. */
export function fullNameOf(snapshot: Snapshot): string {
  return `${snapshot.dataset}@${snapshot.name}`;
}

/** Whether a snapshot is a version of a streamline. */
export function isTagged(snapshot: Snapshot): snapshot is TaggedSnapshot {
  return snapshot.tag !== undefined;
}

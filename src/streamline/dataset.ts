import type { ResumeTokenContent } from '../zfs/resume-token.js';
import type { Role } from '../zfs/role.js';
import { formatTagShort, type Tag } from './tag.js';

/** A point in the history of one dataset on one host: a snapshot, or the bookmark that one left behind. */
export interface Point {
  readonly kind: 'snapshot' | 'bookmark';
  readonly dataset: string;
  /** The part of its name after `@` or `#`. */
  readonly name: string;
  /** What the snapshot is, wherever it was sent and however it is called; two with one GUID have the same content. */
  readonly guid: bigint;
  /** When it was made, as the pool's transaction group: orders the snapshots of one pool. */
  readonly createtxg: number;
}

/** A snapshot of one dataset on one host. */
export interface Snapshot extends Point {
  readonly kind: 'snapshot';
  /** Which version of what it is, when it is one of ours. */
  readonly tag: Tag | undefined;
  /** Only where the inventory was read with details. */
  readonly createdAtSeconds?: number;
  /** Only where the inventory was read with details. */
  readonly referencedBytes?: number;
  /** What was written down with it; only where the inventory was read with details. */
  readonly note?: string | undefined;
}

/** A snapshot that is a version of a streamline. */
export type TaggedSnapshot = Snapshot & { readonly tag: Tag };

/** A receive that was interrupted: what has arrived is kept, and the rest can be sent. */
export interface PartialReceive {
  readonly token: string;
  /** What was being received; undefined when zfs can't make sense of its own token. */
  readonly content: ResumeTokenContent | undefined;
}

/** A filesystem or volume on one host, with its snapshots. */
export interface Dataset {
  readonly name: string;
  readonly type: 'filesystem' | 'volume';
  /** The snapshot it was cloned from, by full name. */
  readonly origin: string | undefined;
  readonly encrypted: boolean;
  /** What was written to it since its newest snapshot. */
  readonly writtenBytes: number;
  /** When it was made on this host, in seconds since 1970: what was received is as old as its first receive here. */
  readonly madeAtSeconds: number;
  /** What it is, however it is called: stays when it is renamed. Undefined where the host's zfs wasn't asked. */
  readonly guid: bigint | undefined;
  /** The dataset at or above it whose key opens it; undefined where it isn't encrypted. */
  readonly encryptionRoot: string | undefined;
  /** Whether the key of an encrypted dataset is loaded; undefined where it isn't encrypted. */
  readonly keyStatus: 'available' | 'unavailable' | undefined;
  /** What was written down on it: whose copy it is. */
  readonly role: Role | undefined;
  /** Whether it was only made to give others a place, without the encryption of what is above it. */
  readonly isGround: boolean;
  /** A receive into it that was interrupted and can be resumed. */
  readonly partial: PartialReceive | undefined;
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
  /** Oldest first. */
  readonly bookmarks: readonly Point[];
}

/** The datasets of a host by name. */
export type Datasets = ReadonlyMap<string, Dataset>;

/** The full name, e.g. `tank/vm@zfs-vm:debian-7:12`. */
export function fullNameOf({ kind, dataset, name }: Point): string {
  return `${dataset}${kind === 'snapshot' ? '@' : '#'}${name}`;
}

/** Whether a point is a snapshot that is a version of a streamline. */
export function isTagged(point: Snapshot | Point): point is TaggedSnapshot {
  return 'tag' in point && point.tag !== undefined;
}

/** What people call a point: a version by its tag, anything else by its full name. */
export function nameForPeople(point: Snapshot | Point): string {
  return isTagged(point) ? formatTagShort(point.tag) : fullNameOf(point);
}

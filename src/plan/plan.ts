import type { Snapshot, TaggedSnapshot } from '../streamline/dataset.js';

/** One stream: one `zfs send` into one `zfs receive`. The snapshots are the sender's. */
export type Step =
  /** The whole content of a snapshot; makes the destination. */
  | { readonly kind: 'full'; readonly to: TaggedSnapshot }
  /** What changed between two snapshots; lands on the destination's newest snapshot. */
  | { readonly kind: 'incremental'; readonly from: Snapshot; readonly to: TaggedSnapshot }
  /** What changed since a snapshot of another dataset; makes the destination as a clone of the receiver's `origin`. */
  | { readonly kind: 'clone'; readonly from: Snapshot; readonly to: TaggedSnapshot; readonly origin: string };

/** The ordered steps that bring one destination dataset up to date. */
export interface Chain {
  /** The sender's dataset. */
  readonly source: string;
  /** The receiver's dataset. */
  readonly destination: string;
  readonly type: 'filesystem' | 'volume';
  /** Encrypted datasets travel as they are, never in plain text. */
  readonly raw: boolean;
  readonly steps: readonly [Step, ...Step[]];
  /** The destination whose chain has to be done first, because this one begins with a clone of it. */
  readonly after: string | undefined;
}

/** A dataset of the sender whose chosen versions can't all be sent without losing something, and why. */
export interface Conflict {
  readonly source: string;
  readonly streamlines: readonly string[];
  readonly reason: ConflictReason;
}

/** Why not, with the evidence. */
export type ConflictReason =
  /** The receiver has snapshots of its own after the newest common one, and so has the sender. */
  | {
      readonly kind: 'diverged';
      readonly destination: string;
      readonly common: Snapshot;
      /** What the receiver has after it, newest first. */
      readonly receiverOnly: readonly Snapshot[];
    }
  /** The receiver holds something newer without these versions, and ZFS can't insert older snapshots. */
  | {
      readonly kind: 'passed-by';
      readonly destination: string;
      readonly newest: TaggedSnapshot;
      readonly base: Snapshot;
    }
  /** The receiver has versions of the streamline, and none of them is one of the sender's. */
  | { readonly kind: 'no-common-version'; readonly streamline: string; readonly theirs: TaggedSnapshot }
  /** The destination of a new dataset exists already and is something else. */
  | { readonly kind: 'destination-exists'; readonly destination: string }
  /** An interrupted receive has to be finished or dropped first. */
  | { readonly kind: 'partial-receive'; readonly destination: string }
  /** Two datasets of the sender would land on one name. */
  | { readonly kind: 'name-taken'; readonly destination: string; readonly by: string }
  /** The name on the receiver would be longer than ZFS takes. */
  | { readonly kind: 'name-too-long'; readonly destination: string }
  /** The receiver has no such pool. */
  | { readonly kind: 'no-pool'; readonly destination: string; readonly pool: string }
  /** A dataset above the destination is a volume. */
  | { readonly kind: 'parent-is-volume'; readonly destination: string; readonly parent: string }
  /** A clone, and nothing that it was cloned from is on the receiver or on the way there. */
  | { readonly kind: 'origin-missing'; readonly origin: string; readonly nearest: TaggedSnapshot }
  /** A clone, and what it was cloned from is in another pool than the one it would go to. */
  | { readonly kind: 'origin-in-other-pool'; readonly origin: string; readonly destination: string };

/** A dataset whose newest chosen version the receiver has. */
export interface UpToDate {
  readonly source: string;
  readonly destination: string;
  readonly newest: TaggedSnapshot;
}

/** What would be done, in which order, and why the rest is not done. Pure data. */
export interface Plan {
  /** Datasets that have to be made first, outermost first, so that the new ones have a place. */
  readonly parents: readonly string[];
  /** In an order that can be run: clones after their origins. */
  readonly chains: readonly Chain[];
  readonly upToDate: readonly UpToDate[];
  readonly conflicts: readonly Conflict[];
}

import type { Point, Snapshot } from '../streamline/dataset.js';
import type { PropertyChanges } from '../zfs/properties.js';
import type { Role } from '../zfs/role.js';
import type { StreamOption } from '../zfs/send.js';
import type { Conflict } from './conflict.js';
import type { Destruction } from './destruction.js';
import type { CopyRule } from './find-copy.js';
import type { Preparation } from './preparation.js';

/** One version's way to the receiver: a stream of its own, or a part of one. The points are the sender's. */
export type Step =
  /** The whole content of a snapshot; makes the destination. */
  | { readonly kind: 'full'; readonly to: Snapshot }
  /** What changed since a snapshot or bookmark; lands on the destination's newest snapshot. */
  | {
      readonly kind: 'incremental';
      readonly from: Point;
      readonly to: Snapshot;
      /** Whether it goes in one stream with the step before it, also an increment: `zfs send -I`. */
      readonly sharesStream?: boolean;
    }
  /** What changed since a snapshot; makes the destination as a clone of the receiver's `origin`, which is that snapshot. */
  | { readonly kind: 'clone'; readonly from: Point; readonly to: Snapshot; readonly origin: string }
  /** The rest of a stream that was interrupted. */
  | { readonly kind: 'resume'; readonly token: string; readonly to: Snapshot };

/** The ordered steps that bring one destination dataset up to date. */
export interface Chain {
  /** The sender's dataset. */
  readonly source: string;
  /** The receiver's dataset. */
  readonly destination: string;
  readonly type: 'filesystem' | 'volume';
  /** Encrypted datasets travel as they are, never in plain text. */
  readonly raw: boolean;
  /** Which of the usual options of `zfs send` and `zfs receive` aren't said, since the receiver wouldn't take them. */
  readonly omitted: readonly StreamOption[];
  /** Filesystems that have to be made first, outermost first, so that the destination has a place. */
  readonly parents: readonly string[];
  /** Whether these are made without encryption, below an encrypted dataset whose key isn't loaded. They hold no data. */
  readonly parentsInClear: boolean;
  readonly preparation: Preparation | undefined;
  readonly steps: readonly [Step, ...Step[]];
  /** What the first step does to the destination's properties; they stay so through the others. */
  readonly properties: PropertyChanges;
  /**
   * What earlier chains have to bring first, by full names on the receiver: the snapshot that this one begins from, and the
   * dataset that it lies below.
   */
  readonly after: readonly string[];
  /** What is written down on the destination when it has come: whose copy it is. Undefined where that is there, or can't be said. */
  readonly role: Role | undefined;
  /** Where the copy belongs, which is where it was looked for first; undefined where that can't be told. */
  readonly place: string | undefined;
  /** What makes the destination the copy; undefined where it is new. */
  readonly by: CopyRule | undefined;
}

/** A dataset of which the receiver has the highest chosen version of each streamline, and could get no other that it lacks. */
export interface UpToDate {
  readonly source: string;
  readonly destination: string;
  /** As of a chain. */
  readonly place: string | undefined;
  /** What makes that the copy; `elsewhere` where it is none, or it can't be told: it has the version, all the same. */
  readonly by: CopyRule | 'elsewhere';
  /** As of a chain. */
  readonly role: Role | undefined;
  readonly newest: Snapshot;
  /** What the receiver has beyond it, newest first. */
  readonly receiverOnly: readonly Snapshot[];
}

/** What would be done, in which order, and why the rest is not done. Pure data. */
export interface Plan {
  /** In an order that can be run: clones after their origins, members of trees after what is above them. */
  readonly chains: readonly Chain[];
  readonly upToDate: readonly UpToDate[];
  readonly conflicts: readonly Conflict[];
  /** What of the receiver's versions goes afterwards, as the sender no longer has it; only with `--delete`. */
  readonly deletes?: readonly Destruction[];
}

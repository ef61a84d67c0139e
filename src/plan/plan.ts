import type { Point, Snapshot } from '../streamline/dataset.js';
import type { PropertyChanges } from '../zfs/properties.js';
import type { Role } from '../zfs/role.js';
import type { StreamOption } from '../zfs/send.js';
import type { AsideObstacle } from './aside.js';
import type { Destruction } from './destruction.js';
import type { CopyRule } from './find-copy.js';

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

/** What is done to the destination before its chain. What loses versions is done only because the person asked for it by name. */
export type Preparation =
  /** Drop what an interrupted receive of ours has left, as it isn't what has to be sent next. */
  | {
      readonly kind: 'abort';
      /** The sender's snapshot that was being received, by its full name at the time. */
      readonly of: string;
      readonly token: string;
    }
  /** Undo everything after a snapshot of the destination: `--rollback`. */
  | {
      readonly kind: 'rollback';
      readonly to: string;
      /** The receiver's snapshots that this destroys, newest first. */
      readonly destroys: readonly Snapshot[];
      /** Its bookmarks that are newer: with one of them, zfs rolls nothing back. */
      readonly bookmarks: readonly Point[];
      /** What was written since the newest snapshot, which is lost too. */
      readonly writtenBytes: number;
    }
  /** Move the destination aside, and destroy it when all that the chain brings is there and verified: `--replace`. */
  | {
      readonly kind: 'replace';
      /** What the destination is called meanwhile. */
      readonly aside: string;
      /** What it is, which may be something else than what replaces it. */
      readonly type: 'filesystem' | 'volume';
      readonly role: Role;
      /** The destination's own GUID, so that nothing else is moved; undefined where the host's zfs wasn't asked. */
      readonly guid: bigint | undefined;
      /** All its snapshots, newest first. */
      readonly destroys: readonly Snapshot[];
      /** What was written since the newest snapshot. */
      readonly writtenBytes: number;
    }
  /**
   * Move what the receiver has made of the destination aside, and go on where both had the same: `--set-aside`. Nothing is lost: the
   * dataset gets another name, and becomes a clone of what takes its place.
   */
  | {
      readonly kind: 'set-aside';
      /** What it is called from then on. */
      readonly aside: string;
      readonly role: Role;
      /** As in `replace`. */
      readonly guid: bigint | undefined;
      /** The last snapshot that both have, by its full name before. */
      readonly to: string;
      /** The snapshots that go along, newest first. */
      readonly keeps: readonly Snapshot[];
      /** What was written since the newest snapshot, which goes along too. */
      readonly writtenBytes: number;
    };

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

/** A dataset of the sender whose chosen versions can't all be sent without losing something, and why. */
export interface Conflict {
  readonly source: string;
  /** The streamlines whose versions are concerned; empty for a dataset without tags. */
  readonly streamlines: readonly string[];
  readonly reason: ConflictReason;
}

/** Why not, with the evidence. */
export type ConflictReason =
  /** The receiver has snapshots of its own after the newest common one, and so has the sender. */
  | {
      readonly kind: 'diverged';
      readonly destination: string;
      readonly common: Point;
      /** What the receiver has after it, newest first. */
      readonly receiverOnly: readonly Snapshot[];
      /** Clones on the receiver that keep `--rollback` from destroying those. */
      readonly clones: readonly string[];
      /** Whether its role says that it is the copy of something on another host, which keeps `--rollback` from it, too. */
      readonly isForeign: boolean;
      /** Those that somebody holds, which keeps them from being destroyed, too; known where `--rollback` is asked for. */
      readonly held: readonly Snapshot[];
      /** What keeps `--set-aside` from it; null where nothing does. */
      readonly asideObstacle: AsideObstacle | null;
    }
  /** Both sides have the same version with different content. */
  | {
      readonly kind: 'version-differs';
      readonly ours: Snapshot;
      readonly theirs: Snapshot;
      /** What would undo the receiver's; undefined where nothing may: it is in the history that both sides share, or another dataset's. */
      readonly undo: 'rollback' | 'replace' | undefined;
      /** Clones on the receiver that keep `--rollback` from undoing it. */
      readonly clones?: readonly string[];
      /** What `--rollback` would destroy, and somebody holds; known where it is asked for. */
      readonly held?: readonly Snapshot[];
      /** What keeps `--set-aside` from keeping the receiver's beside ours; null where nothing does, undefined where it would not help. */
      readonly asideObstacle?: AsideObstacle | null;
      /** As with `diverged`. */
      readonly isForeign?: boolean;
      /** As with `no-common-version`. */
      readonly copyOf?: string;
      readonly isElsewhere?: boolean;
      readonly isMarked?: boolean;
    }
  /** Somebody wrote to the destination after its newest snapshot. */
  | {
      readonly kind: 'modified';
      readonly destination: string;
      readonly common: Point;
      readonly writtenBytes: number;
      /** As with `diverged`. */
      readonly isForeign: boolean;
      /** What keeps `--set-aside` from it; null where nothing does. */
      readonly asideObstacle: AsideObstacle | null;
    }
  /** The copy has no snapshot any more that could be gone on from: a clone of it was promoted there, and has taken them over. */
  | {
      readonly kind: 'past-promoted';
      readonly destination: string;
      /** The receiver's dataset that has them now. */
      readonly holder: string;
      readonly base: Point;
    }
  /** The copy was being moved aside when its host stopped: it has the other name, and is still the copy. */
  | {
      readonly kind: 'half-moved';
      /** What it is called now. */
      readonly dataset: string;
      /** What it was called. */
      readonly before: string;
      /** What has that name now: nothing, the clone that was to take its place, or something else. */
      readonly taken: 'free' | 'clone' | 'other';
    }
  /** Datasets of the receiver that may be the copy, and nothing tells which one is: none was touched for that. */
  | {
      readonly kind: 'copy-unclear';
      readonly candidates: readonly string[];
      /** The newest point that one of them has. */
      readonly base: Point;
      /** Where the copy would be looked for first; undefined where that can't be told. */
      readonly place: string | undefined;
      /** Whether one of them can be renamed to that place. */
      readonly isFree: boolean;
    }
  /** The receiver holds something newer without the highest version of a streamline, and ZFS can't insert older snapshots. */
  | {
      readonly kind: 'passed-by';
      readonly destination: string;
      readonly newest: Snapshot;
      readonly base: Point;
    }
  /** The receiver has versions of the streamline, and none of them is one of the sender's. */
  | {
      readonly kind: 'no-common-version';
      readonly streamline: string;
      readonly theirs: Snapshot;
      /** Another dataset of the sender that the receiver's is a copy of, which keeps `--replace` from it. */
      readonly copyOf?: string;
      /** Whether it isn't where the copy belongs, which keeps `--replace` from it, too. */
      readonly isElsewhere?: boolean;
      /** Whether its role says that it follows something else, or that it was set aside; as above. */
      readonly isMarked?: boolean;
    }
  /** The destination of a new dataset exists already and is something else. */
  | {
      readonly kind: 'destination-exists';
      readonly destination: string;
      /** What keeps `--replace` from destroying it: datasets below it, or clones of it. */
      readonly dependents: readonly string[];
      /** Its snapshots that somebody holds, which keeps `--replace` from it, too; known where that is asked for. */
      readonly held?: readonly Snapshot[];
      /** Another dataset of the sender that it is a copy of, which keeps `--replace` from it, too. */
      readonly copyOf?: string | undefined;
      /** The very dataset that would go there, where the role says that it is the copy of that: `copyOf` has taken over its past by a promotion. */
      readonly promotedFrom?: string;
      /** Whether its role says that it follows something else, or that it was set aside, which keeps `--replace` from it, too. */
      readonly isMarked?: boolean;
      /** The encryption root that ZFS would have to rename it below, which keeps `--replace` from it, too. */
      readonly tiedTo?: string;
    }
  /** An interrupted receive of something else than what would be sent next has to be dropped first. */
  | {
      readonly kind: 'partial-receive';
      readonly destination: string;
      /** The snapshot that was being received, by its full name on its sender; undefined when zfs can't tell. */
      readonly of: string | undefined;
    }
  /** The receiver's copy isn't encrypted, and the sender's dataset is. */
  | { readonly kind: 'not-encrypted'; readonly destination: string }
  /** The receiver's copy was sent decrypted and is encrypted anew: its blocks aren't the sender's, and no raw increment goes onto them. */
  | { readonly kind: 'encrypted-anew'; readonly destination: string; readonly common: Point }
  /**
   * The receiver's copy inherits its key from something that isn't the copy of the sender's encryption root: after the next raw increment nothing
   * would open it any more.
   */
  | {
      readonly kind: 'encryption-root-changed';
      readonly destination: string;
      readonly common: Point;
      /** The encryption root on the receiver, and that on the sender. */
      readonly root: string;
      readonly expected: string;
    }
  /** The receiver would encrypt what arrives with a key that isn't loaded there. */
  | {
      readonly kind: 'key-not-loaded';
      readonly destination: string;
      /** Whether that would be a new dataset, which may also be made elsewhere or without encryption. */
      readonly isNew: boolean;
      /** The encryption root whose key it is. */
      readonly root: string;
    }
  /** What isn't encrypted would be stored in the clear, below an encrypted dataset: what lies between was made without its key. */
  | { readonly kind: 'place-in-clear'; readonly destination: string; readonly below: string }
  /** Two datasets of the sender would land on one name. */
  | { readonly kind: 'name-taken'; readonly destination: string; readonly by: string }
  /** The name on the receiver would be longer than ZFS takes. */
  | { readonly kind: 'name-too-long'; readonly destination: string }
  /** The receiver has no such pool. */
  | { readonly kind: 'no-pool'; readonly destination: string; readonly pool: string }
  /** A dataset above the destination is a volume. */
  | { readonly kind: 'parent-is-volume'; readonly destination: string; readonly parent: string }
  /** What the sender has above it has no place on the receiver. */
  | {
      readonly kind: 'parent-without-place';
      readonly parent: string;
      /** The receiver's dataset that has all of that, and isn't known for its copy; undefined where it has a conflict of its own. */
      readonly elsewhere?: string | undefined;
    }
  /** A clone, and nothing that it was cloned from is on the receiver or on the way there. */
  | { readonly kind: 'origin-missing'; readonly origin: string; readonly nearest: Point }
  /** A clone, and what it was cloned from is in another pool than the one it would go to. */
  | { readonly kind: 'origin-in-other-pool'; readonly origin: string; readonly destination: string };

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

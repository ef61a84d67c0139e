import type { Point, Snapshot } from '../streamline/dataset.js';
import type { AsideObstacle } from './aside.js';

/** A dataset of the sender whose chosen versions can't all be sent without losing something, and why. */
export interface Conflict {
  readonly source: string;
  /** The streamlines whose versions are concerned; empty for a dataset without tags. */
  readonly streamlines: readonly string[];
  readonly reason: ConflictReason;
}

/** Why not, with the evidence. Who adds a kind is asked by the compiler for what has to be known of it: here, in `report/plan/`, and in the messages. */
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

/** What names a kind. */
export type ConflictKind = ConflictReason['kind'];

/** The reasons of some kinds. */
export type ReasonOf<Kind extends ConflictKind> = Extract<ConflictReason, { readonly kind: Kind }>;

/**
 * What on the receiver a conflict is about: the copy, which is there, though it can't be continued; a dataset that has a place or a name that is
 * needed, and that `--replace` may destroy; or something else.
 */
const subjects = {
  diverged: 'copy',
  'version-differs': 'in the way',
  modified: 'copy',
  'past-promoted': 'copy',
  'half-moved': 'other',
  'copy-unclear': 'other',
  'passed-by': 'copy',
  'no-common-version': 'in the way',
  'destination-exists': 'in the way',
  'partial-receive': 'other',
  'not-encrypted': 'other',
  'encrypted-anew': 'other',
  'encryption-root-changed': 'other',
  'key-not-loaded': 'other',
  'place-in-clear': 'other',
  'name-taken': 'other',
  'name-too-long': 'other',
  'no-pool': 'other',
  'parent-is-volume': 'other',
  'parent-without-place': 'other',
  'origin-missing': 'other',
  'origin-in-other-pool': 'other',
} as const satisfies Readonly<Record<ConflictKind, 'copy' | 'in the way' | 'other'>>;

type KindsAbout<Subject> = {
  [Kind in ConflictKind]: (typeof subjects)[Kind] extends Subject ? Kind : never;
}[ConflictKind];

/** Whether it is about a copy that is there, though it can't be continued. */
export function isAboutCopy(reason: ConflictReason): reason is ReasonOf<KindsAbout<'copy'>> {
  return subjects[reason.kind] === 'copy';
}

/** Whether it is about a dataset that `--replace` may destroy. */
export function isReplaceable(reason: ConflictReason): reason is ReasonOf<KindsAbout<'in the way'>> {
  return subjects[reason.kind] === 'in the way';
}

/** Where both sides parted: the newest point of the sender that the receiver has, too. None where they share nothing, or it makes no difference. */
export function listCommon(reason: ConflictReason): Point[] {
  switch (reason.kind) {
    case 'diverged':
    case 'modified':
    case 'encrypted-anew':
    case 'encryption-root-changed':
      return [reason.common];
    case 'past-promoted':
    case 'copy-unclear':
    case 'passed-by':
      return [reason.base];
    case 'version-differs':
    case 'half-moved':
    case 'no-common-version':
    case 'destination-exists':
    case 'partial-receive':
    case 'not-encrypted':
    case 'key-not-loaded':
    case 'place-in-clear':
    case 'name-taken':
    case 'name-too-long':
    case 'no-pool':
    case 'parent-is-volume':
    case 'parent-without-place':
    case 'origin-missing':
    case 'origin-in-other-pool':
      return [];
  }
}

/** The receiver's snapshot that stands against one of the sender: without it there would be no such conflict. */
export function listTheirs(reason: ConflictReason): Snapshot[] {
  switch (reason.kind) {
    case 'version-differs':
    case 'no-common-version':
      return [reason.theirs];
    case 'diverged':
    case 'modified':
    case 'past-promoted':
    case 'half-moved':
    case 'copy-unclear':
    case 'passed-by':
    case 'destination-exists':
    case 'partial-receive':
    case 'not-encrypted':
    case 'encrypted-anew':
    case 'encryption-root-changed':
    case 'key-not-loaded':
    case 'place-in-clear':
    case 'name-taken':
    case 'name-too-long':
    case 'no-pool':
    case 'parent-is-volume':
    case 'parent-without-place':
    case 'origin-missing':
    case 'origin-in-other-pool':
      return [];
  }
}

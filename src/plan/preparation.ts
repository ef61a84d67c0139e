import type { Point, Snapshot } from '../streamline/dataset.js';
import type { Role } from '../zfs/role.js';

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

/** The receiver's snapshots that this destroys, newest first. */
export function listDestroyed(preparation: Preparation | undefined): readonly Snapshot[] {
  switch (preparation?.kind) {
    case 'rollback':
    case 'replace':
      return preparation.destroys;
    case 'set-aside':
    case 'abort':
    case undefined:
      return [];
  }
}

/** The receiver's snapshots that have no place at the destination afterwards: they are destroyed, or keep another name. */
export function listLeaving(preparation: Preparation | undefined): readonly Snapshot[] {
  return preparation?.kind === 'set-aside' ? preparation.keeps : listDestroyed(preparation);
}

/** Those that give what is there another name. */
export type MovingAside = Extract<Preparation, { readonly kind: 'replace' | 'set-aside' }>;

/** Whether what is at the destination gets another name first. */
export function movesAside(preparation: Preparation | undefined): preparation is MovingAside {
  switch (preparation?.kind) {
    case 'replace':
    case 'set-aside':
      return true;
    case 'rollback':
    case 'abort':
    case undefined:
      return false;
  }
}

/** Whether what the destination has gone on with is undone, or keeps another name. */
export function undoes(preparation: Preparation | undefined): boolean {
  return preparation?.kind === 'rollback' || movesAside(preparation);
}

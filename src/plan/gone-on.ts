import {
  fullNameOf,
  isTagged,
  type Dataset,
  type Datasets,
  type Point,
  type Snapshot,
} from '../streamline/dataset.js';
import { chooseAsideName, findAsideObstacle, toAsideRole } from './aside.js';
import type { ConflictReason } from './conflict.js';
import type { Plan } from './plan.js';
import { listDestroyed, type Preparation } from './preparation.js';
import type { ReceiverModel } from './receiver-model.js';
import type { Source } from './sources.js';
import { findDifferingVersion } from './version-owners.js';

/** A copy that has gone on after what both sides have: with snapshots of its own, or with what is in none. */
export interface GoneOn {
  readonly source: Source;
  /** The dataset of the receiver. */
  readonly existing: Dataset | undefined;
  /** The newest point of the sender's history that it has, and its own snapshot of it. */
  readonly common: Point;
  readonly copy: Snapshot;
  /** What it has after that, newest first. */
  readonly receiverOnly: readonly Snapshot[];
  readonly writtenBytes: number;
  /** Whether its role says that it is the copy of something on another host: then nothing there is undone. */
  readonly isForeign: boolean;
  /** The dataset of the sender that it is a member of, where that has a conflict itself. */
  readonly conflictAbove: string | undefined;
}

/** What the person allows to be done about copies that have gone on. */
export interface GoneOnRequest {
  readonly rollback: boolean;
  readonly setAside?: boolean;
  /** When it is, as the end of new names. */
  readonly stamp?: string;
  readonly sender: Datasets;
  /** Snapshots of the receiver that are held, by full name; what isn't asked about isn't in it. */
  readonly held?: ReadonlySet<string> | undefined;
}

/** How increments can land on a copy that has gone on; a conflict where they can't. */
export function decideGoneOn(
  goneOn: GoneOn,
  { rollback, setAside = false, stamp = '', sender, held = new Set() }: GoneOnRequest,
  model: ReceiverModel,
):
  | { readonly preparation: Preparation; readonly reason: undefined }
  | { readonly preparation: undefined; readonly reason: ConflictReason } {
  const { source, existing, common, copy, receiverOnly, writtenBytes, isForeign, conflictAbove } = goneOn;
  const destination = copy.dataset;
  const clones = model.findClones(receiverOnly);
  const heldOnes = receiverOnly.filter((snapshot) => held.has(fullNameOf(snapshot)));
  const named = existing ?? { name: destination, snapshots: [], encryptionRoot: undefined };
  const asideObstacle =
    conflictAbove === undefined
      ? findAsideObstacle(named, 'set-aside', { model, stamp })
      : ({ kind: 'tree-in-conflict', above: conflictAbove } as const);
  if (setAside && asideObstacle === undefined && existing !== undefined && !isForeign) {
    const aside = chooseAsideName(existing, 'set-aside', { model, stamp });
    if (aside !== undefined) {
      const preparation: Preparation = {
        ...{ kind: 'set-aside', aside, role: toAsideRole(source, sender), guid: existing.guid },
        ...{ to: fullNameOf(copy), keeps: receiverOnly, writtenBytes },
      };
      return { preparation, reason: undefined };
    }
  }
  if (rollback && clones.length === 0 && heldOnes.length === 0 && !isForeign) {
    const bookmarks = (existing?.bookmarks ?? []).filter(({ createtxg }) => createtxg > copy.createtxg);
    const preparation: Preparation = {
      ...{ kind: 'rollback', to: fullNameOf(copy), destroys: receiverOnly, bookmarks, writtenBytes },
    };
    return { preparation, reason: undefined };
  }
  const refuse = (reason: ConflictReason): { preparation: undefined; reason: ConflictReason } => ({
    preparation: undefined,
    reason,
  });
  const undoing = { clones, held: heldOnes, asideObstacle: asideObstacle ?? null };
  if (receiverOnly.length === 0) {
    return refuse({
      ...{ kind: 'modified', destination, common, writtenBytes, isForeign },
      asideObstacle: asideObstacle ?? null,
    });
  }
  const undo = isForeign ? undefined : 'rollback';
  const differing = findDifferingVersion(source.versions, receiverOnly.filter(isTagged), undo);
  if (differing !== undefined) return refuse({ ...differing, ...undoing, isForeign });
  return refuse({ kind: 'diverged', destination, common, receiverOnly, ...undoing, isForeign });
}

/** The snapshots that a plan's chains destroy, by full name: who asks whether they are held can tell it before anything is done. */
export function findToBeDestroyed({ chains }: Plan): string[] {
  return chains.flatMap(({ preparation }) => listDestroyed(preparation).map(fullNameOf));
}

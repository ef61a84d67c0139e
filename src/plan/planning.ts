import type { Datasets } from '../streamline/dataset.js';
import { hideAsides } from './aside.js';
import { CopyFinder } from './find-copy.js';
import { findLikelyPlaces, Placement } from './placement.js';
import type { ConflictReason } from './conflict.js';
import type { Chain, UpToDate } from './plan.js';
import type { PropertyRequest } from './properties.js';
import { ReceiverModel } from './receiver-model.js';
import type { Choice } from './choice.js';
import { findSources, type Source } from './sources.js';
import { VersionOwners } from './version-owners.js';

/** What to bring from where to where. */
export interface PlanRequest {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  readonly choice: Choice;
  /** The receiver's dataset under which new datasets go; they keep the sender's names when left out. */
  readonly destination: string | undefined;
  /** Undo what the receiver has after the newest common snapshot. */
  readonly rollback: boolean;
  /** Destroy datasets of the receiver that are in the way or have nothing in common. */
  readonly replace: boolean;
  /** Keep what the receiver has after the newest common snapshot as a dataset beside it, and go on. */
  readonly setAside?: boolean;
  /** When it is, as the end of the names of what is moved aside, e.g. `20261130T000531Z`. */
  readonly stamp?: string;
  /**
   * Snapshots of the receiver that are held, by full name. Holds are only known where they are asked for by name: left out in a first
   * plan, which tells what it would destroy.
   */
  readonly held?: ReadonlySet<string> | undefined;
  /** Full names of the receiver's snapshots that were encrypted anew there, as far as that was asked; none when left out. */
  readonly reencrypted?: ReadonlySet<string>;
  /** What destinations get beside their content; nothing when left out. */
  readonly properties?: PropertyRequest;
}

/** One planning: what is asked for, and what is decided so far. It is made for one plan, and changes as that grows. */
export interface Planning {
  readonly request: PlanRequest;
  /** What the receiver has, and what it will have by what is decided. */
  readonly model: ReceiverModel;
  readonly placement: Placement;
  /** What is to be decided, in this order. */
  readonly sources: readonly Source[];
  readonly copies: CopyFinder;
  readonly owners: VersionOwners;
  /** The sender's datasets that have a conflict, as far as was decided. */
  readonly conflicting: Set<string>;
}

/** Where all is that could be sent. */
export type WhereUpToDate = Pick<UpToDate, 'destination' | 'receiverOnly' | 'by'>;

/** What is planned for one dataset of the sender. */
export type Decision =
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'up-to-date'; readonly upToDate: UpToDate }
  /** There is nothing to send, and the highest version of a streamline isn't there, unless something else brings it. */
  | { readonly kind: 'passed-by'; readonly where: WhereUpToDate }
  | { readonly kind: 'conflict'; readonly reason: ConflictReason };

/**
 * A planning in which nothing is decided yet.
 * @param leaving full names of the receiver's snapshots that are known to be taken away by it
 */
export function startPlanning(asked: PlanRequest, leaving: ReadonlySet<string>): Planning {
  const { sender, choice, destination } = asked;
  const request = { ...asked, receiver: hideAsides(asked.receiver) };
  const model = new ReceiverModel(request.receiver);
  const placement = new Placement(model, { destination, allSnapshots: choice.datasets !== undefined });
  const sources = findSources(sender, choice);
  const copies = new CopyFinder({ sender, model, places: findLikelyPlaces(sources, destination) });
  const owners = new VersionOwners({ ...request, leaving }, model, copies.owners);
  return { request, model, placement, sources, copies, owners, conflicting: new Set() };
}

/** A decision that nothing is sent, for this reason. */
export function conflict(reason: ConflictReason): Decision {
  return { kind: 'conflict', reason };
}

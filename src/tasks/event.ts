import type { ZfsVmError } from '../base/errors.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Pair } from '../streamline/comparison.js';
import type { Tag } from '../streamline/tag.js';
import type { Destruction } from '../plan/destruction.js';
import type { TransferEvent } from '../transfer/event.js';
import type { PathChange } from '../zfs/diff.js';
import type { PairResult } from './pair-result.js';
import type { Pruning } from './pruning.js';
import type { PlannedTransfers, ReceiverOutcome } from './transfer-outcome.js';

/** What happens in a task while it goes on. What a person or a program sees of it is up to `report/`. */
export type TaskEvent =
  /** Something to know of the connection to a host. */
  | { readonly kind: 'connection'; readonly level: 'warning' | 'verbose' | 'debug'; readonly line: string }
  /** A host over SSH has let us in. */
  | { readonly kind: 'connected'; readonly host: string }
  /** A command is started on a host. */
  | { readonly kind: 'command'; readonly host: string; readonly argv: readonly string[] }
  /** Snapshots of a host look like versions, and are none. */
  | {
      readonly kind: 'malformed-tags';
      readonly host: string;
      readonly malformedTags: Inventory['malformedTags'];
    }
  /** The notes of a host can't be told apart, as one of them has a tab or a line end in it: there are none. */
  | { readonly kind: 'notes-left-out'; readonly host: string }
  /** What an interrupted receive has left is gone. */
  | { readonly kind: 'partial-dropped'; readonly host: string; readonly dataset: string; readonly tag: Tag }
  /** These begin to be compared. */
  | { readonly kind: 'comparing'; readonly pair: Pair }
  /** The next lot of paths that differ. Who may be slower than they come says so by `drained` (surroundings.ts). */
  | { readonly kind: 'paths-changed'; readonly pair: Pair; readonly changes: readonly PathChange[] }
  /** All is known of what began to be compared last. */
  | { readonly kind: 'compared'; readonly result: PairResult }
  /** A part has failed; the others go on. */
  | { readonly kind: 'problem'; readonly error: ZfsVmError }
  /** Transfers from a sender to these receivers begin, or their plans are made. */
  | { readonly kind: 'receivers'; readonly sender: string; readonly receivers: readonly string[] }
  /** Something happens in the transfer to a receiver, or on the sender for all of them. */
  | { readonly kind: 'transfer'; readonly receiver: string | undefined; readonly event: TransferEvent }
  /** The transfer to one of several receivers has ended with this; the others go on. */
  | { readonly kind: 'receiver-failed'; readonly receiver: string; readonly error: ZfsVmError }
  /** What the transfers to all receivers have come to; none when they failed together. */
  | { readonly kind: 'pushed'; readonly outcomes: readonly ReceiverOutcome[] }
  /** What a push would do. */
  | { readonly kind: 'push-planned'; readonly planned: PlannedTransfers }
  /** A version is made, or would be: its snapshots by their full names. */
  | { readonly kind: 'version'; readonly fullNames: readonly string[]; readonly isMade: boolean }
  /** A dataset, or a tree, gets no version, as nothing was written since its newest one. */
  | {
      readonly kind: 'unchanged';
      readonly dataset: string;
      readonly isTree: boolean;
      readonly newest: Tag;
    }
  /** A streamline goes on in a dataset, and a copy that had the same versions was written to as well. */
  | {
      readonly kind: 'copy-written';
      readonly copy: string;
      readonly streamline: string;
      readonly dataset: string;
    }
  /** It is known what would be pruned on a host, and what that frees. */
  | { readonly kind: 'prune-planned'; readonly pruning: Pruning }
  /** Versions that were to be pruned are gone. */
  | { readonly kind: 'destroyed'; readonly host: string; readonly destruction: Destruction }
  /** A host is pruned, or that was ended before all was done. */
  | { readonly kind: 'pruned'; readonly pruning: Pruning };

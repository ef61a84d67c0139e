import type { ZfsVmError } from '../base/errors.js';
import type { Destruction } from '../plan/destruction.js';
import type { PassedVersions } from '../plan/passed.js';
import type { Chain, Plan, Step } from '../plan/plan.js';
import type { ReadingEvent } from '../probe/reading-event.js';

/** Steps that bring the same versions to several receivers, by the receivers' names. */
export interface SharedSteps {
  readonly receivers: readonly string[];
  readonly chain: Pick<Chain, 'source' | 'steps'>;
}

/** Everything that happens in a push or pull. What a person or a script sees of it is up to `report/`. */
export type TransferEvent =
  /** Hosts are read. */
  | ReadingEvent
  /** What the receiver lacks for good; before each plan. */
  | { readonly kind: 'passed'; readonly passed: PassedVersions }
  /** It is known what will be sent and what won't. */
  | { readonly kind: 'planned'; readonly plan: Plan }
  /** What several receivers need is read once for them, and sent to all: the parts of their chains that they share. */
  | { readonly kind: 'sharing'; readonly chains: readonly SharedSteps[] }
  /** About how much that will be; only where somebody watches. */
  | { readonly kind: 'estimated'; readonly sizes: ReadonlyMap<Step, number> }
  /** Both hosts have zstd, and streams are compressed on the way: all bytes that are counted from here on are what it made of them. */
  | { readonly kind: 'compressing' }
  /** Something is not as it was asked for, which stops nothing. */
  | { readonly kind: 'warning'; readonly message: string }
  /** So many snapshots of the sender are held while they are sent, as far as the rights go. */
  | { readonly kind: 'held'; readonly host: string; readonly snapshots: number }
  /** A dataset is made on the receiver so that others have a place. */
  | { readonly kind: 'parent-created'; readonly host: string; readonly dataset: string }
  /** A dataset that others would have gone below can't be made. */
  | { readonly kind: 'parent-failed'; readonly dataset: string; readonly error: ZfsVmError }
  /** A stream begins. */
  | { readonly kind: 'step-started'; readonly chain: Chain; readonly step: Step }
  /** So many more bytes have gone to the receiver, compressed or not, while it was at work on this chain. */
  | { readonly kind: 'progress'; readonly chain: Chain; readonly bytes: number }
  /** The receiver has the version. `bytes` is the size of the stream as its zfs tells it, in three digits. */
  | {
      readonly kind: 'step-done';
      readonly chain: Chain;
      readonly step: Step;
      readonly bytes: number | undefined;
      readonly seconds: number;
    }
  /** A version didn't come, and with it the rest of its chain, unless it was merely gone on the sender. */
  | { readonly kind: 'step-failed'; readonly chain: Chain; readonly step: Step; readonly error: ZfsVmError }
  /** A stream was ended before its end, as its receiver was left behind. The rest comes later. */
  | { readonly kind: 'step-stopped'; readonly chain: Chain; readonly step: Step }
  /** Another receiver, which has all of it, begins to send it to this one (`--relay`). */
  | { readonly kind: 'served'; readonly by: string }
  /** That didn't bring everything; another one does, or this machine. */
  | { readonly kind: 'not-served'; readonly by: string; readonly error: ZfsVmError }
  /** The receiver is done without the others from here on: they had to wait for it for so long, in all. */
  | { readonly kind: 'left-behind'; readonly seconds: number }
  /** A chain isn't begun: what it needs didn't arrive, or, if nothing is missing, a host is lost. */
  | { readonly kind: 'chain-skipped'; readonly chain: Chain; readonly missing: string | undefined }
  /** The receiver was asked for what it got, and has it: so many datasets at the planned version. */
  | { readonly kind: 'verified'; readonly datasets: number }
  /** So many versions have their notes on the receiver now. */
  | { readonly kind: 'notes-carried'; readonly host: string; readonly notes: number }
  /** These versions of the receiver are gone, as the sender no longer has them. */
  | { readonly kind: 'deleted'; readonly host: string; readonly destruction: Destruction }
  /** None of these is destroyed. */
  | {
      readonly kind: 'delete-failed';
      readonly host: string;
      readonly destruction: Destruction;
      readonly error: ZfsVmError;
    }
  /** A dataset of the receiver has another name now: until what replaces it is there, or for good (`--set-aside`). */
  | {
      readonly kind: 'moved-aside';
      readonly host: string;
      readonly destination: string;
      readonly aside: string;
      readonly isKept: boolean;
    }
  /** What replaces a dataset is there and verified, and what had been moved aside for it is destroyed. */
  | {
      readonly kind: 'replaced';
      readonly host: string;
      readonly destination: string;
      readonly aside: string;
      readonly snapshots: number;
    }
  /** What was moved aside stays: it can't be destroyed, an earlier run moved it, or its successor isn't there. */
  | {
      readonly kind: 'aside-kept';
      readonly host: string;
      readonly destination: string;
      readonly aside: string;
      /** Why it can't be destroyed, where that was tried. */
      readonly error: ZfsVmError | undefined;
      /** Whether it is known to be there: a host may have been lost while it was moved. */
      readonly isSure: boolean;
      /** Whether its successor is there. */
      readonly isReplaced: boolean;
    }
  /** Something went wrong that belongs to no stream. */
  | { readonly kind: 'trouble'; readonly error: ZfsVmError }
  /** It didn't work, and is tried again after a while. */
  | {
      readonly kind: 'retrying';
      readonly error: ZfsVmError;
      readonly delaySeconds: number;
      readonly left: number;
    }
  /** The end, whatever it was. */
  | { readonly kind: 'finished'; readonly plan: Plan; readonly result: TransferResult };

/** A version that came, or was to come, to the receiver. */
export interface Arrival {
  readonly chain: Chain;
  readonly step: Step;
}

/** What kind of trouble ended a stream, going by what may help. */
export type Fault =
  /** A host went away, or nothing moved any more: connect again. */
  | 'lost'
  /** Somebody else is at work on the dataset, or was since it was looked at: look again after a while. */
  | 'busy'
  /** Others had to wait too long for the receiver: go on with it alone. */
  | 'behind'
  /** Neither will help. */
  | 'failed';

/** What came of a plan. */
export interface TransferResult {
  /** Versions that the receiver has now and didn't have before. */
  readonly versions: number;
  /** Versions that were planned and didn't get there. */
  readonly failedVersions: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Snapshots of the receiver that were deleted after the sender; only with `--delete`. */
  readonly deleted?: number;
  /** What went wrong, an error a chain that failed. */
  readonly errors: readonly ZfsVmError[];
  /** What kinds of trouble there were. */
  readonly faults: ReadonlySet<Fault>;
}

import type { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import type { PassedVersions } from '../plan/passed.js';
import type { Plan, Step } from '../plan/plan.js';
import type { SharedSteps, TransferResult } from '../transfer/event.js';

/** How a transfer ended: what was planned last, and what came of all attempts. */
export interface TransferEnding {
  readonly plan: Plan;
  readonly result: TransferResult;
}

/** What came of a transfer to one of the receivers. */
export interface ReceiverOutcome {
  /** What people call it. */
  readonly receiver: string;
  /** How it ended; undefined when it didn't get so far. */
  readonly ending: TransferEnding | undefined;
  /** What ended it. */
  readonly error: ZfsVmError | undefined;
}

/** A plan for a receiver, with how large its streams will be. */
export interface PlannedTransfer {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  readonly receiverName: string;
  readonly plan: Plan;
  readonly passed: PassedVersions;
  readonly sizes: ReadonlyMap<Step, number>;
  readonly compress: boolean;
}

/** The plans for all receivers. */
export interface PlannedTransfers {
  readonly plans: readonly PlannedTransfer[];
  /** The steps that several of them share. */
  readonly shared: readonly SharedSteps[];
  /** The receivers that no plan could be made for, with why. */
  readonly failures: readonly ReceiverFailure[];
}

/** A receiver that no plan could be made for, with why. */
export interface ReceiverFailure {
  readonly receiver: string;
  readonly error: ZfsVmError;
}

import type { ZfsVmError } from '../base/errors.js';
import type { Destruction } from '../plan/destruction.js';
import type { PrunePlan } from '../plan/plan-prune.js';

/** A plan for the pruning of a host, with what is known of it. */
export interface MeasuredPrune {
  /** What people call the host. */
  readonly host: string;
  readonly plan: PrunePlan;
  /** What each of the plan's destructions would free, in bytes, or why zfs wouldn't do it. */
  readonly reclaim: ReadonlyMap<Destruction, number | ZfsVmError>;
}

/** How far the pruning of a host has come. */
export interface Pruning extends MeasuredPrune {
  /** What was destroyed, and what could not be, with why; the plan's others were not come to. */
  readonly ended: ReadonlyMap<Destruction, ZfsVmError | undefined>;
  /** All that went wrong; each has been told by an event `problem`. */
  readonly failures: readonly ZfsVmError[];
}

import type { ReceiverOutcome } from '../transfer-outcome.js';

/** Whether all that was to come has come: nothing failed, and nothing was left out for a conflict. */
export function isComplete({ ending, error }: ReceiverOutcome): boolean {
  if (error !== undefined || ending === undefined) return false;
  return ending.result.errors.length === 0 && ending.plan.conflicts.length === 0;
}

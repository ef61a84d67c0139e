import type { Endpoint } from '../host/endpoint.js';
import type { Plan, Step } from '../plan/plan.js';
import { streamOf } from '../plan/stream.js';
import { estimateArguments, parseEstimate } from '../zfs/send.js';
import { runCalls } from './run-calls.js';

/** More than zfs prints of a stream that it would send, which has two names in it at most. */
const longestEstimate = 2 ** 14;

/**
 * Asks the sender how many bytes each step will be: one command for the whole plan. Estimates only serve the progress: a step
 * without one is left out.
 * @throws ZfsVmError when the sender is lost meanwhile; the signal's reason when it is aborted
 */
export async function estimateSizes(
  sender: Endpoint,
  plan: Plan,
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, number>> {
  const steps = plan.chains.flatMap((chain) => chain.steps.map((step) => ({ chain, step })));
  const calls = steps.map(({ chain, step }) => estimateArguments(streamOf(chain, [step])));
  const sizes = new Map<Step, number>();
  await runCalls(sender, calls, {
    ...{ signal, limit: longestEstimate },
    onEnd: (index, { output }) => {
      const step = steps[index]?.step;
      const sizeBytes = parseEstimate(output);
      if (step !== undefined && sizeBytes !== undefined) sizes.set(step, sizeBytes);
    },
  });
  return sizes;
}

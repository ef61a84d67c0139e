import type { Endpoint } from '../host/endpoint.js';
import { runZfsCalls } from '../inventory/run-zfs-calls.js';
import type { Plan, Step } from '../plan/plan.js';
import { streamOf } from '../plan/stream.js';
import { estimateArguments, longestEstimate, parseEstimate } from '../zfs/send.js';

/**
 * Asks the sender how many bytes each step will be: one command for the whole plan. Estimates only serve the progress: a step without
 * one is left out.
 */
export async function estimateSizes(
  sender: Endpoint,
  plan: Plan,
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, number>> {
  const steps = plan.chains.flatMap((chain) => chain.steps.map((step) => ({ chain, step })));
  const calls = steps.map(({ chain, step }) => estimateArguments(streamOf(chain, [step])));
  const options = { longestOutput: longestEstimate, what: 'zfs send -n', signal };
  const outputs = await runZfsCalls(sender, calls, options);
  const sizes = new Map<Step, number>();
  for (const [index, { step }] of steps.entries()) {
    const sizeBytes = parseEstimate(outputs[index] ?? '');
    if (sizeBytes !== undefined) sizes.set(step, sizeBytes);
  }
  return sizes;
}

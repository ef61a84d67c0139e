import type { Endpoint } from '../host/endpoint.js';
import { readCalls } from '../host/run-calls.js';
import type { Plan, Step } from '../plan/plan.js';
import { streamOf } from '../plan/stream.js';
import { estimateArguments, parseEstimate, type Stream } from '../zfs/send.js';

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
  const streams = steps.map(({ chain, step }) => streamOf(chain, [step]));
  const estimates = await estimateStreams(sender, streams, signal);
  const sizes = new Map<Step, number>();
  for (const [index, { step }] of steps.entries()) {
    const sizeBytes = estimates[index];
    if (sizeBytes !== undefined) sizes.set(step, sizeBytes);
  }
  return sizes;
}

/**
 * Asks the sender how many bytes each stream will be: a process a stream, in one command. In the order of the streams; undefined
 * where zfs can't tell.
 */
export async function estimateStreams(
  sender: Endpoint,
  streams: readonly Stream[],
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  const outputs = await readCalls(sender, streams.map(estimateArguments), signal);
  return outputs.map(parseEstimate);
}

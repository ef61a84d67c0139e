import type { Endpoint } from '../host/endpoint.js';
import { readCalls } from '../host/run-calls.js';
import type { Plan, Step } from '../plan/plan.js';
import { streamOf } from '../plan/stream.js';
import {
  estimateArguments,
  longestEstimate,
  longestSeriesEstimate,
  parseEstimate,
  type Stream,
} from '../zfs/send.js';

/**
 * Asks the sender how many bytes each step will be: one command for all, and a question for what several receivers get. Estimates
 * only serve the progress: a step without one is left out.
 * @throws ZfsVmError when the sender is lost meanwhile; the signal's reason when it is aborted
 */
export async function estimateSizes(
  sender: Endpoint,
  { chains }: Pick<Plan, 'chains'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, number>> {
  const byStream = new Map<string, { readonly stream: Stream; readonly steps: Step[] }>();
  for (const chain of chains) {
    for (const step of chain.steps) {
      const stream = streamOf(chain, [step]);
      const key = JSON.stringify(stream);
      const entry = byStream.get(key) ?? { stream, steps: [] };
      entry.steps.push(step);
      byStream.set(key, entry);
    }
  }
  const entries = [...byStream.values()];
  const estimates = await estimateStreams(
    sender,
    entries.map(({ stream }) => stream),
    signal,
  );
  const sizes = new Map<Step, number>();
  for (const [index, { steps }] of entries.entries()) {
    const sizeBytes = estimates[index];
    if (sizeBytes !== undefined) for (const step of steps) sizes.set(step, sizeBytes);
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
  const hasSeries = streams.some(({ kind }) => kind === 'increments');
  const limit = hasSeries ? longestSeriesEstimate : longestEstimate;
  const outputs = await readCalls(sender, streams.map(estimateArguments), { signal, limit });
  return outputs.map(parseEstimate);
}

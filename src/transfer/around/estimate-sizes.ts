import type { Endpoint } from '../../host/endpoint.js';
import { askEach, readEach } from '../../host/run-calls.js';
import type { Plan, Step } from '../../plan/plan.js';
import { groupByStream, streamOf, type StreamSteps } from '../../plan/stream.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { toSentStream } from '../../requests/streams.js';
import {
  longestEstimate,
  longestSeriesEstimate,
  parseEstimate,
  parseSeriesEstimate,
  type Stream,
} from '../../zfs/send.js';

/**
 * Asks the sender how many bytes each step will be: one command for all, and in it a question for each stream, also where several
 * receivers get it. Estimates only serve the progress: a step without one is left out.
 * @throws ZfsVmError when the sender is lost meanwhile; the signal's reason when it is aborted
 */
export async function estimateSizes(
  sender: Endpoint,
  { chains }: Pick<Plan, 'chains'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, number>> {
  const byStream = new Map<string, { readonly stream: Stream; readonly sent: StreamSteps[] }>();
  for (const chain of chains) {
    for (const steps of groupByStream(chain)) {
      const stream = streamOf(chain, steps);
      const key = JSON.stringify(stream);
      const entry = byStream.get(key);
      if (entry === undefined) byStream.set(key, { stream, sent: [steps] });
      else entry.sent.push(steps);
    }
  }
  const entries = [...byStream.values()];
  const sizes = new Map<Step, number>();
  const streams = entries.map(({ stream }) => toSentStream(stream));
  await askEach(sender, 'estimate', streams, {
    ...{ signal, limit: limitFor(entries.map(({ stream }) => stream)) },
    onEnd: (index, { output }) => {
      for (const steps of entries[index]?.sent ?? []) noteSizes(sizes, steps, output);
    },
  });
  return sizes;
}

/** Notes how many bytes the steps of a stream are, going by what zfs says of it: of several, a line for each. */
function noteSizes(sizes: Map<Step, number>, steps: StreamSteps, output: string): void {
  const bySnapshot = steps.length === 1 ? undefined : parseSeriesEstimate(output);
  for (const step of steps) {
    const sizeBytes = bySnapshot === undefined ? parseEstimate(output) : bySnapshot.get(fullNameOf(step.to));
    if (sizeBytes !== undefined) sizes.set(step, sizeBytes);
  }
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
  const outputs = await readEach(sender, 'estimate', streams.map(toSentStream), {
    signal,
    limit: limitFor(streams),
  });
  return outputs.map(parseEstimate);
}

/** How many characters the estimate of one of these streams may have. */
function limitFor(streams: readonly Stream[]): number {
  return streams.some(({ kind }) => kind === 'increments') ? longestSeriesEstimate : longestEstimate;
}

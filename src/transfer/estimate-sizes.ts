import type { Endpoint } from '../host/endpoint.js';
import { runCommand } from '../host/run-command.js';
import type { Plan, Step } from '../plan/plan.js';
import { streamOf } from '../plan/stream.js';
import { estimateArguments, parseEstimate, type Stream } from '../zfs/send.js';
import { quoteCommand } from '../shell.js';

/** More than zfs prints of a stream that it would send, which has two names in it at most. */
const longestEstimate = 2 ** 14;

/** More than zfs prints of several increments in one stream, with a line for each: tens of thousands of them. */
const longestSeries = 2 ** 24;

/** Stands after each step's estimate in the output. */
const mark = 'zfs-vm: next';

/**
 * Asks the sender how many bytes each step will be: one command for the whole plan, its script given on stdin so that
 * no command line grows too long. Estimates only serve the progress: a step without one is left out.
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
  if (streams.length === 0) return [];
  const script = streams.map((stream) => {
    const estimate = quoteCommand([...sender.zfs, ...estimateArguments(stream)]);
    return `${estimate} </dev/null\nprintf '\\n%s\\n' '${mark}'\n`;
  });
  const lengths = streams.map(({ kind }) => (kind === 'increments' ? longestSeries : longestEstimate));
  const limit = lengths.reduce((sum, length) => sum + length, 0);
  const { stdout } = await runCommand(sender.host, ['sh', '-s'], {
    ...{ input: script.join(''), signal },
    ...{ limit, what: 'zfs send -n' },
  });
  const outputs = stdout.split(`\n${mark}\n`);
  return streams.map((_, index) => parseEstimate(outputs[index] ?? ''));
}

import type { Endpoint } from '../host/endpoint.js';
import { runCommand } from '../host/run-command.js';
import type { Plan, Step } from '../plan/plan.js';
import { streamOf } from '../plan/stream.js';
import { estimateArguments, parseEstimate } from '../zfs/send.js';
import { quoteCommand } from '../shell.js';

/** More than zfs prints of a stream that it would send, which has two names in it at most. */
const longestEstimate = 2 ** 14;

/** Stands after each step's estimate in the output. */
const mark = 'zfs-vm: next';

/**
 * Asks the sender how many bytes each step will be: one command for all, its script given on stdin so that no command line grows
 * too long, and once for what several receivers get. Estimates only serve the progress: a step without one is left out.
 */
export async function estimateSizes(
  sender: Endpoint,
  { chains }: Pick<Plan, 'chains'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, number>> {
  const stepsByCall = new Map<string, Step[]>();
  for (const chain of chains) {
    for (const step of chain.steps) {
      const call = quoteCommand([...sender.zfs, ...estimateArguments(streamOf(chain, [step]))]);
      stepsByCall.set(call, [...(stepsByCall.get(call) ?? []), step]);
    }
  }
  if (stepsByCall.size === 0) return new Map();
  const script = [...stepsByCall.keys()].map((call) => `${call} </dev/null\nprintf '\\n%s\\n' '${mark}'\n`);
  const { stdout } = await runCommand(sender.host, ['sh', '-s'], {
    ...{ input: script.join(''), signal },
    ...{ limit: script.length * longestEstimate, what: 'zfs send -n' },
  });
  const outputs = stdout.split(`\n${mark}\n`);
  const sizes = new Map<Step, number>();
  for (const [index, steps] of [...stepsByCall.values()].entries()) {
    const sizeBytes = parseEstimate(outputs[index] ?? '');
    if (sizeBytes !== undefined) for (const step of steps) sizes.set(step, sizeBytes);
  }
  return sizes;
}

import type { Endpoint } from '../host/endpoint.js';
import { runCommand } from '../host/run-command.js';
import { quoteCommand } from '../shell.js';

/** Stands after what each call has printed. */
const mark = 'zfs-vm: next';

/** How calls are run. */
export interface CallOptions {
  /** How many characters each call may print. */
  readonly longestOutput: number;
  /** What they are, for the message when they print more. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Calls zfs once for each list of arguments, all in one command, its script given on stdin so that no command line grows too long.
 * Gives what each printed; nothing for one that failed before it printed anything.
 * @throws ZfsVmError when the host can't start commands, or they print more than they may
 */
export async function runZfsCalls(
  { host, zfs }: Endpoint,
  calls: readonly (readonly string[])[],
  { longestOutput, what, signal }: CallOptions,
): Promise<string[]> {
  if (calls.length === 0) return [];
  const script = calls.map(
    (call) => `${quoteCommand([...zfs, ...call])} </dev/null\nprintf '\\n%s\\n' '${mark}'\n`,
  );
  const { stdout } = await runCommand(host, ['sh', '-s'], {
    ...{ input: script.join(''), signal },
    ...{ limit: calls.length * longestOutput, what },
  });
  const outputs = stdout.split(`\n${mark}\n`);
  return calls.map((_call, index) => outputs[index] ?? '');
}

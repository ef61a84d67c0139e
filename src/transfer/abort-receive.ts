import type { Endpoint } from '../host/endpoint.js';
import { runCommand, type CommandResult } from '../host/run-command.js';
import { quoteCommand, quoteWord } from '../shell.js';
import { abortReceiveArguments, getTokenArguments } from '../zfs/receive.js';

/** An interrupted receive, as it was when somebody looked. */
export interface Interrupted {
  readonly dataset: string;
  readonly token: string;
}

/**
 * Drops what an interrupted receive has left, unless it is another one by now: zfs itself can't be told which one is meant, and
 * minutes may lie between the look and the yes.
 * @returns how zfs ended, or a failure as of a dataset at which somebody else is at work
 * @throws ZfsVmError when its host can't start commands
 */
export function abortReceive(
  { host, zfs }: Endpoint,
  { dataset, token }: Interrupted,
  signal: AbortSignal,
): Promise<CommandResult> {
  const changed = `cannot receive: ${dataset} contains partially-complete state of another receive by now, or none`;
  const script = [
    `now=$("$@" ${quoteCommand(getTokenArguments(dataset))} </dev/null) || exit`,
    `[ "$now" = ${quoteWord(token)} ] || { echo ${quoteWord(changed)} >&2; exit 1; }`,
    `"$@" ${quoteCommand(abortReceiveArguments(dataset))} </dev/null`,
  ];
  return runCommand(host, ['sh', '-c', script.join('\n'), 'sh', ...zfs], { signal });
}

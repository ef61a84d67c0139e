import type { Endpoint } from '../../host/endpoint.js';
import { runCommand, type CommandResult } from '../../host/run-command.js';
import { quoteCommand, quoteWord } from '../../base/shell.js';
import { getValueArguments } from '../../zfs/properties.js';

/** What has to be as it was when somebody looked. */
export interface Guard {
  readonly dataset: string;
  readonly property: string;
  /** As `zfs get -p` prints it. */
  readonly value: string;
  /** What is told where it has another value, as zfs tells why it failed. */
  readonly changed: string;
}

/**
 * Calls zfs, unless a property has changed since somebody looked: zfs itself can't be told what is meant, and minutes may lie between
 * the look and the yes.
 * @returns how zfs ended, or a failure with what the guard tells
 * @throws ZfsVmError when its host can't start commands
 */
export function callIfUnchanged(
  { host, zfs }: Endpoint,
  { dataset, property, value, changed }: Guard,
  call: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const script = [
    `now=$("$@" ${quoteCommand(getValueArguments(dataset, property))} </dev/null) || exit`,
    `[ "$now" = ${quoteWord(value)} ] || { echo ${quoteWord(changed)} >&2; exit 1; }`,
    `"$@" ${quoteCommand(call)} </dev/null`,
  ];
  return runCommand(host, ['sh', '-c', script.join('\n'), 'sh', ...zfs], { signal });
}

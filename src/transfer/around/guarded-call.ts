import type { Endpoint } from '../../host/endpoint.js';
import { runCommand, type CommandResult } from '../../host/run-command.js';
import { guardedScript, type Guard } from '../../requests/action-scripts.js';

/**
 * Calls zfs, unless a property has changed since somebody looked: zfs itself can't be told what is meant, and minutes may lie between
 * the look and the yes.
 * @returns how zfs ended, or a failure with what the guard tells
 * @throws ZfsVmError when its host can't start commands
 */
export function callIfUnchanged(
  { host, zfs }: Endpoint,
  guard: Guard,
  call: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  return runCommand(host, ['sh', '-c', guardedScript(guard, call), 'sh', ...zfs], { signal });
}

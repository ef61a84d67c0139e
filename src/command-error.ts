import { ZfsVmError } from './errors.js';
import type { CommandResult } from './host/run-command.js';
import { toPrintable } from './printable.js';
import { explainZfsFailure } from './zfs/failure.js';

/**
 * The error for a command on a host that didn't exit with 0, in the words of the person's task where the cause is
 * known and in the command's own words otherwise.
 * @param what what was being done, e.g. `zfs list`
 */
export function toCommandError(
  hostName: string,
  what: string,
  result: Pick<CommandResult, 'exit' | 'stderr'>,
): ZfsVmError {
  const { exit, stderr } = result;
  if (exit.kind === 'lost') {
    return new ZfsVmError('connection', `${hostName}: lost while ${what} was running: ${exit.reason}`, {
      hint: 'try again',
    });
  }
  const known = explainZfsFailure(stderr);
  if (known !== undefined) {
    const kind = known.kind === 'denied' ? 'connection' : 'failed';
    return new ZfsVmError(kind, `${hostName}: ${known.message}`, {
      hint: known.hint,
      details: [`it said: ${toPrintable(stderr)}`],
    });
  }
  const ending =
    exit.kind === 'signalled' ? `was ended by ${exit.signal}` : `failed with status ${exit.code}`;
  return new ZfsVmError('failed', `${hostName}: ${what} ${ending}: ${lastLines(stderr)}`);
}

function lastLines(stderr: string): string {
  return toPrintable(stderr.trim().split('\n').slice(-3).join('; ')) || 'it said nothing';
}

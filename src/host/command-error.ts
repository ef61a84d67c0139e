import { constants } from 'node:os';
import { ZfsVmError } from '../base/errors.js';
import type { Exit } from './host.js';
import { localName } from '../base/local-name.js';
import type { CommandResult } from './run-command.js';
import { toPrintable } from '../base/printable.js';
import { findRefusal, refusesCommand } from '../requests/refusal.js';
import { explainZfsFailure } from '../zfs/failure.js';

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
    return new ZfsVmError('connection', `${hostName}: connection lost during ${what}: ${exit.reason}`, {
      hint: 'run the same command again',
      isLoss: true,
    });
  }
  const refusal = findRefusal(stderr);
  if (refusal !== undefined) {
    return new ZfsVmError('connection', `${hostName}: the gate refused ${what}: ${toPrintable(refusal)}`, {
      hint: `the policy is in authorized_keys on ${hostName}; add --explain to the command there to see what it allows`,
    });
  }
  if (refusesCommand(stderr)) {
    return new ZfsVmError('connection', `${hostName}: a gate does not run ${what}`, {
      hint: `run this on ${hostName} itself, or use a key without a gate`,
    });
  }
  const known = explainZfsFailure(stderr);
  if (known !== undefined) {
    const kind = errorKinds[known.kind];
    return new ZfsVmError(kind, `${hostName}: ${known.message}`, {
      hint: hostName === localName ? (known.localHint ?? known.hint) : known.hint,
      details: [`stderr: ${toPrintable(stderr.trim())}`],
    });
  }
  return new ZfsVmError('failed', `${hostName}: ${what} ${describeEnding(exit)}: ${lastLines(stderr)}`);
}

const errorKinds = { denied: 'connection', refused: 'conflict', failed: 'failed' } as const;

function describeEnding(exit: Exclude<Exit, { kind: 'lost' }>): string {
  switch (exit.kind) {
    case 'exited': {
      // A shell that ran it tells of a signal so.
      const signal = Object.entries(constants.signals).find(([, number]) => number === exit.code - 128)?.[0];
      return signal === undefined ? `failed with status ${exit.code}` : `was terminated by ${signal}`;
    }
    case 'signalled':
      return `was terminated by ${exit.signal}`;
    case 'stopped':
      return 'was stopped';
  }
}

function lastLines(stderr: string): string {
  return toPrintable(stderr.trim().split('\n').slice(-3).join('\n')) || 'no error message';
}

import type { Endpoint } from '../../host/endpoint.js';
import type { CommandResult } from '../../host/run-command.js';
import { abortReceiveArguments } from '../../zfs/receive.js';
import { callIfUnchanged } from './guarded-call.js';

/** An interrupted receive, as it was when somebody looked. */
export interface Interrupted {
  readonly dataset: string;
  readonly token: string;
}

/**
 * Drops what an interrupted receive has left, unless it is another one by now.
 * @returns how zfs ended, or a failure as of a dataset at which somebody else is at work
 * @throws ZfsVmError when its host can't start commands
 */
export function abortReceive(
  receiver: Endpoint,
  { dataset, token }: Interrupted,
  signal: AbortSignal,
): Promise<CommandResult> {
  const changed = `cannot receive: ${dataset} contains partially-complete state of another receive by now, or none`;
  const guard = { dataset, property: 'receive_resume_token', value: token, changed };
  return callIfUnchanged(receiver, guard, abortReceiveArguments(dataset), signal);
}

import type { Endpoint } from '../../host/endpoint.js';
import { ask, noBody } from '../../host/ask.js';
import type { CommandResult } from '../../host/run-command.js';

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
  return ask<'abort'>(receiver, { kind: 'abort', dataset, token }, noBody, { signal });
}

import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand, type CommandResult } from '../host/run-command.js';
import type { Chain } from '../plan/plan.js';
import { preparationCalls } from '../plan/stream.js';
import { abortReceive } from './abort-receive.js';
import { callIfUnchanged } from './guarded-call.js';

/** How a preparation ended: the result of its last call, and what zfs was called for. */
export interface PreparationEnd {
  readonly subcommand: string;
  readonly result: CommandResult;
}

/**
 * Does to the destination of a chain what has to be done before its first stream, as it was shown: what has come since is kept, be it
 * another interrupted receive, a snapshot, or what was written. Minutes may lie between the look and the yes.
 * @returns how it ended; undefined where there is nothing to do
 * @throws ZfsVmError when the host can't start commands
 */
export async function prepareDestination(
  receiver: Endpoint,
  chain: Chain,
  signal: AbortSignal,
): Promise<PreparationEnd | undefined> {
  const { destination: dataset, preparation } = chain;
  if (preparation === undefined) return undefined;
  if (preparation.kind === 'abort') {
    const result = await abortReceive(receiver, { dataset, token: preparation.token }, signal);
    return { subcommand: 'receive', result };
  }
  const changed = `cannot go on: ${dataset} was written to since that was shown. Stop what writes there, and run this again`;
  const guard = { dataset, property: 'written', value: String(preparation.writtenBytes), changed };
  let end: PreparationEnd | undefined;
  for (const call of preparationCalls(chain)) {
    const [subcommand = ''] = call;
    // Once something was destroyed, there is nothing left to compare with.
    const calling =
      end === undefined
        ? callIfUnchanged(receiver, guard, call, signal)
        : runCommand(receiver.host, [...receiver.zfs, ...call], { signal });
    end = { subcommand, result: await calling };
    if (!isSuccess(end.result.exit)) break;
  }
  return end;
}

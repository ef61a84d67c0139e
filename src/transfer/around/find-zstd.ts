import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { ask, noBody } from '../../host/ask.js';
import { toCommandError } from '../../host/command-error.js';

/**
 * Finds out which of two hosts lack zstd, by their names: both must have it before either uses it.
 * @throws ZfsVmError when a host is lost
 */
export async function findHostsWithoutZstd(
  { sender, receiver }: { readonly sender: Endpoint; readonly receiver: Endpoint },
  signal: AbortSignal,
): Promise<string[]> {
  const ends = sender.host === receiver.host ? [sender] : [sender, receiver];
  const found = await Promise.all(ends.map((end) => hasZstd(end, signal)));
  return ends.filter((_, index) => found[index] === false).map(({ host }) => host.name);
}

/** Runs it, as one that is there may still not work. */
async function hasZstd(endpoint: Endpoint, signal: AbortSignal): Promise<boolean> {
  const result = await ask<'zstd'>(endpoint, { kind: 'zstd' }, noBody, { signal });
  signal.throwIfAborted();
  if (result.exit.kind === 'lost') throw toCommandError(endpoint.host.name, 'zstd', result);
  return isSuccess(result.exit);
}

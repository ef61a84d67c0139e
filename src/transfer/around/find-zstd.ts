import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess, type Host } from '../../host/host.js';
import { runCommand } from '../../host/run-command.js';
import { toCommandError } from '../../host/command-error.js';

/**
 * Finds out which of two hosts lack zstd, by their names: both must have it before either uses it.
 * @throws ZfsVmError when a host is lost
 */
export async function findHostsWithoutZstd(
  { sender, receiver }: { readonly sender: Endpoint; readonly receiver: Endpoint },
  signal: AbortSignal,
): Promise<string[]> {
  const hosts = [...new Set([sender.host, receiver.host])];
  const found = await Promise.all(hosts.map((host) => hasZstd(host, signal)));
  return hosts.filter((_, index) => found[index] === false).map(({ name }) => name);
}

/** Runs it, as one that is there may still not work. */
async function hasZstd(host: Host, signal: AbortSignal): Promise<boolean> {
  const result = await runCommand(host, ['zstd', '-V'], { signal });
  signal.throwIfAborted();
  if (result.exit.kind === 'lost') throw toCommandError(host.name, 'zstd', result);
  return isSuccess(result.exit);
}

import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { runCalls } from '../../host/run-calls.js';
import { runCommand } from '../../host/run-command.js';
import {
  getLocalPropertiesArguments,
  isKeptByClone,
  parseLocalProperties,
  setPropertyArguments,
} from '../../zfs/properties.js';

/** More than zfs says of a property that it doesn't set. */
const longestOutput = 16_384;

/**
 * Gives a dataset the properties that are set on another one, as far as zfs takes them: a clone takes none along from what it was made of.
 * Best effort: without, all data is there.
 */
export async function keepProperties(
  endpoint: Endpoint,
  { from, to }: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<void> {
  const argv = [...endpoint.zfs, ...getLocalPropertiesArguments(from)];
  const { exit, stdout } = await runCommand(endpoint.host, argv, { signal });
  if (!isSuccess(exit)) return;
  const properties = parseLocalProperties(stdout).filter(({ name, value }) => isKeptByClone(name, value));
  const calls = properties.map(({ name, value }) => setPropertyArguments(to, name, value));
  await runCalls(endpoint, calls, { signal, limit: longestOutput, onEnd: () => undefined });
}

import type { Endpoint } from '../host/endpoint.js';
import { forEachName } from '../base/shell.js';
import {
  getPointPropertiesArguments,
  parsePointProperties,
  type PointProperties,
} from '../zfs/point-properties.js';
import { runZfsScript } from './zfs-script.js';

/**
 * Asks a host what else there is to know of some snapshots and bookmarks, in one command. Where its zfs can't tell, nothing is known.
 * @param fullNames of them
 * @throws ZfsVmError when nothing can be run there
 */
export async function readPointProperties(
  endpoint: Endpoint,
  fullNames: readonly string[],
  signal?: AbortSignal,
): Promise<PointProperties> {
  if (fullNames.length === 0) return new Map();
  const { script, input } = forEachName(getPointPropertiesArguments, fullNames);
  const parts = { points: [`${script} 2>/dev/null || :`] };
  const { points } = await runZfsScript(endpoint, parts, { input, signal });
  return parsePointProperties(points);
}

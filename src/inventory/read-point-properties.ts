import type { Endpoint } from '../host/endpoint.js';
import { parsePointProperties, type PointProperties } from '../zfs/point-properties.js';
import { toRecords } from './read-about.js';
import { askForLists } from './zfs-script.js';

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
  const request = { kind: 'about', what: 'points', properties: [] } as const;
  const { lines } = await askForLists<'about'>(endpoint, request, () => toRecords(fullNames), { signal });
  return parsePointProperties(lines);
}

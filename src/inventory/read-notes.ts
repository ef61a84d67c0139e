import type { Endpoint } from '../host/endpoint.js';
import { parseNotes } from '../zfs/notes.js';
import { toRecords } from './read-about.js';
import { understand } from './read-inventory.js';
import { askForLists } from './zfs-script.js';

/**
 * Asks a host for the notes of versions, in one command.
 * @param fullNames their snapshots; one that isn't there any more has none
 * @returns the notes that there are, by full name
 * @throws ZfsVmError when nothing can be run there, or a note has a tab or a line end in it
 */
export async function readNotes(
  endpoint: Endpoint,
  fullNames: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const request = { kind: 'about', what: 'notes', properties: [] } as const;
  const { lines } = await askForLists<'about'>(endpoint, request, () => toRecords(fullNames), { signal });
  return understand(endpoint, () => parseNotes(lines, new Set(fullNames)));
}

import type { Endpoint } from '../host/endpoint.js';
import { forEachName } from '../base/shell.js';
import { getNotesArguments, parseNotes } from '../zfs/notes.js';
import { ignoreMissing, understand } from './read-inventory.js';
import { runZfsScript } from './zfs-script.js';

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
  const { script, input } = forEachName(getNotesArguments, fullNames);
  const parts = { notes: [`${script} ${ignoreMissing}`] };
  const { notes } = await runZfsScript(endpoint, parts, { input, signal });
  return understand(endpoint, () => parseNotes(notes, new Set(fullNames)));
}

import { localName } from '../../base/local-name.js';
import type { Inventory } from '../../inventory/inventory.js';
import { readInventory } from '../../inventory/read-inventory.js';
import type { VersionPattern } from '../../streamline/selection.js';
import { checkPatterns } from '../check-request.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import { listStreamlines, type StreamlineListing } from './version-listing.js';

/** Whose versions are listed. */
export interface ListRequest {
  /** A host as people name it; this machine when it is undefined. */
  readonly host?: string | undefined;
  /** Only versions that fit one of them are listed; all when there is none. */
  readonly patterns?: readonly VersionPattern[] | undefined;
}

/** The versions that a host has. */
export interface ListResult {
  /** What people call the host. */
  readonly host: string;
  readonly streamlines: readonly StreamlineListing[];
  /** Snapshots that look like versions, and are none. */
  readonly malformedTags: Inventory['malformedTags'];
}

/** Finds out which versions a host has, with sizes, ages and notes. @throws ZfsVmError when it can't be read, or a pattern fits nothing */
export async function list(
  { host: target = localName, patterns = [] }: ListRequest,
  surroundings: Surroundings,
): Promise<ListResult> {
  const { signal, emit } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = await hosts.open(target);
    const host = endpoint.host.name;
    const inventory = await readInventory(endpoint, { scope: 'tagged', details: true, signal });
    const { datasets, malformedTags, lacksNotes } = inventory;
    if (lacksNotes) emit({ kind: 'notes-left-out', host });
    emit({ kind: 'malformed-tags', host, malformedTags });
    checkPatterns({ patterns }, host, datasets);
    return { host, streamlines: listStreamlines(datasets, patterns), malformedTags };
  });
}

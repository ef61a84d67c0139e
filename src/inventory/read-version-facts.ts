import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { UnreadableOutput } from '../zfs/list-fields.js';
import { parseHoldTags, parseSnapshotFacts, type SnapshotFacts } from '../zfs/version-facts.js';
import { listAbout } from './read-about.js';

/** What there is to know of a version's snapshot. */
export interface VersionFacts extends SnapshotFacts {
  /** The tags of its holds. */
  readonly holds: readonly string[];
}

/** What a host tells of snapshots. */
export interface FactsOfVersions {
  /** By full name; those that aren't there are left out. */
  readonly facts: ReadonlyMap<string, VersionFacts>;
  /** Whether somebody's note can't be told from lines of the list: then there are none. */
  readonly lacksNotes: boolean;
}

/**
 * Asks a host for what there is to know of snapshots: one command, and a second one where some of them are held.
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readVersionFacts(
  endpoint: Endpoint,
  fullNames: readonly string[],
  signal: AbortSignal,
): Promise<FactsOfVersions> {
  const read = (withNotes: boolean): Promise<[string, SnapshotFacts][]> =>
    listAbout(
      endpoint,
      {
        what: withNotes ? 'noted-facts' : 'facts',
        parse: (lines) => parseSnapshotFacts(lines, { withNotes }),
      },
      fullNames,
      signal,
    );
  let lacksNotes = false;
  const rows = await read(true).catch((error: unknown) => {
    if (!(error instanceof ZfsVmError) || !(error.cause instanceof UnreadableOutput)) throw error;
    lacksNotes = true;
    return read(false);
  });
  const held = rows.flatMap(([name, { holdCount }]) => (holdCount > 0 ? [name] : []));
  const holdTags = { what: 'hold-tags', parse: parseHoldTags } as const;
  const tags = new Map<string, string[]>();
  for (const [name, tag] of await listAbout(endpoint, holdTags, held, signal)) {
    tags.set(name, [...(tags.get(name) ?? []), tag]);
  }
  return {
    facts: new Map(rows.map(([name, facts]) => [name, { ...facts, holds: tags.get(name) ?? [] }])),
    lacksNotes,
  };
}

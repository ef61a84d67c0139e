import { toPrintableJson } from '../../base/printable.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { pathBelow } from '../../streamline/tree.js';
import type { ShowResult, VersionPlace } from '../../tasks/show/show.js';
import { toJsonError } from '../error-json.js';
import { findFirst } from './show-text.js';

/** The version of what `show --json` prints; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** A version as JSON, as docs/reference/json.md describes it. */
export function formatShownAsJson(result: ShowResult): string {
  const { tag, guid, isNewest, versionCount, hosts } = result;
  const first = findFirst(result);
  const document = {
    schemaVersion,
    streamline: tag.streamline,
    version: tag.version.text,
    newest: isNewest,
    versions: versionCount,
    guid: String(guid),
    createdAt: first === undefined ? null : toDate(first.createdAtSeconds),
    note: first?.note ?? null,
    hosts: hosts.map((host) => ({
      host: host.host,
      error: host.kind === 'failed' ? toJsonError(host.error) : null,
      newest: host.kind === 'read' ? (host.newest?.version.text ?? null) : null,
      places: host.kind === 'read' ? host.places.map(toJsonPlace) : [],
    })),
  };
  return `${toPrintableJson(JSON.stringify(document, null, 2))}\n`;
}

function toJsonPlace({ parts, isSame, isAside }: VersionPlace): unknown {
  const [{ snapshot: root }] = parts;
  return {
    dataset: root.dataset,
    same: isSame,
    setAside: isAside,
    snapshots: parts.map((part) => ({
      name: fullNameOf(part.snapshot),
      member: pathBelow(part.snapshot.dataset, root.dataset),
      guid: String(part.snapshot.guid),
      createdAt: toDate(part.createdAtSeconds),
      referencedBytes: part.referencedBytes,
      usedBytes: part.usedBytes,
      holds: part.holds,
      clones: part.clones,
      note: part.note ?? null,
    })),
  };
}

function toDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

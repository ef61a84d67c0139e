import type { StreamlineStatus } from '../../plan/compare-streamlines.js';
import type { TaggedSnapshot } from '../../streamline/dataset.js';
import { toJsonError } from '../error-json.js';
import { endsOf } from '../plan/describe-plan.js';
import { toJsonConflict } from '../plan/plan-json.js';
import { sumBytes } from './status.js';
import type { Status } from '../../tasks/status/status-result.js';

/** The version of the JSON; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** A status as JSON, as docs/reference/json.md describes it. */
export function formatStatusAsJson(status: Status): string {
  const document = {
    schemaVersion,
    at: toIsoTime(status.atSeconds),
    newest: status.newest.map((version) => ({
      streamline: version.tag.streamline,
      ...toJsonVersion(version, status),
    })),
    hosts: status.hosts.map((host) =>
      host.kind === 'failed'
        ? { host: host.host, error: toJsonError(host.error), streamlines: [], setAside: [] }
        : {
            host: host.host,
            error: null,
            streamlines: host.streamlines.map((row) => toJsonRow(row, host.host, status)),
            setAside: host.setAside ?? [],
          },
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function toJsonRow(row: StreamlineStatus, host: string, status: Status): object {
  const { streamline, state, newestThere, versionsBehind, versionsPassed, conflicts, partials, changed } =
    row;
  return {
    ...{ streamline, state, versionsBehind, versionsPassed },
    newest: newestThere === undefined ? null : toJsonVersion(newestThere, status),
    bytesBehind: sumBytes(status, row) ?? null,
    partialReceives: partials.map(({ dataset, tag, isResumed }) => ({
      ...{ dataset, version: tag.version.text, resumed: isResumed },
    })),
    changed,
    conflicts: conflicts.map((conflict) => toJsonConflict(conflict, endsOf(host))),
  };
}

function toJsonVersion({ tag, guid }: TaggedSnapshot, { createdAtSeconds }: Status): object {
  const madeAt = createdAtSeconds.get(guid);
  return { version: tag.version.text, createdAt: madeAt === undefined ? null : toIsoTime(madeAt) };
}

function toIsoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

import type { ChalkInstance } from 'chalk';
import type { StreamlineState, StreamlineStatus } from '../../plan/compare-streamlines.js';
import type { TaggedSnapshot } from '../../streamline/dataset.js';
import { alignColumns, type Column } from '../terminal/columns.js';
import { wrapProse } from '../terminal/wrap.js';
import { describeConflict } from '../plan/describe-conflict.js';
import { endsOf } from '../plan/describe-plan.js';
import { suggestResolution } from '../plan/suggest-resolution.js';
import { formatAge, formatBytes, formatCount } from '../quantities.js';
import { describeLeftOut, findAge, listRemarks, sumBytes } from './status.js';
import type { HostStatus, Status } from '../../tasks/status/status-result.js';

interface Row {
  readonly streamline: string;
  readonly host: string;
  readonly newest: string;
  readonly age: string;
  readonly behind: string;
  readonly state: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'STREAMLINE', cut: { least: 10, keeps: 'begin' }, cell: ({ streamline }) => streamline },
  { title: 'HOST', cut: { least: 8, keeps: 'begin' }, cell: ({ host }) => host },
  { title: 'NEWEST', isRightAligned: true, cell: ({ newest }) => newest },
  { title: 'AGE', isRightAligned: true, cell: ({ age }) => age },
  { title: 'BEHIND', isOptional: true, mayStandBelow: true, cell: ({ behind }) => behind },
  { title: 'STATE', mayStandBelow: true, cell: ({ state }) => state },
];

/** What people call the states. */
const stateNames: Readonly<Record<StreamlineState, string>> = {
  'up-to-date': 'up to date',
  behind: 'behind',
  ahead: 'ahead',
  'newest-only': 'newest only',
  'passed-by': 'passed by',
  conflict: 'conflict',
};

/**
 * A status for people: a line for each streamline here and on each host, then the conflicts with their ways out.
 * @param width how many characters fit into a line of the table
 */
export function formatStatusTable(
  status: Status,
  localName: string,
  colors: ChalkInstance,
  width = Infinity,
): string {
  const rows = status.newest.flatMap((newest) => [
    toLocalRow(newest, localName, status),
    ...status.hosts.map((host) => toRow(newest.tag.streamline, host, status)),
  ]);
  const [titles = '', ...lines] = alignColumns(columns, rows, width);
  const table = rows.length === 0 ? [] : [colors.dim(titles), ...lines];
  const remarks = [
    ...(status.leftOut ?? []).flatMap((left) => [
      colors.yellow(describeLeftOut(left)),
      '  to resolve: run "zfs-vm tag -r DATASET" for the root of the tree, or start a separate streamline for the member with "zfs-vm tag -n NAME:1 --new DATASET"',
    ]),
    ...formatConflicts(status, colors),
    ...formatRemarks(status, colors),
    ...formatSetAside(status),
  ];
  return `${table.map((line) => `${line}\n`).join('')}${wrapProse(remarks.map((line) => `${line}\n`).join(''), width)}`;
}

function toLocalRow(newest: TaggedSnapshot, localName: string, status: Status): Row {
  const { streamline, version } = newest.tag;
  return {
    ...{ streamline, host: localName, newest: version.text, age: formatAgeOf(newest, status) },
    ...{ behind: '', state: '' },
  };
}

function toRow(streamline: string, host: HostStatus, status: Status): Row {
  const row = { streamline, host: host.host, newest: '', age: '', behind: '' };
  if (host.kind === 'failed') return { ...row, state: describeFailure(host.error.kind) };
  const found = host.streamlines.find((each) => each.streamline === streamline);
  if (found === undefined) return { ...row, state: '' };
  const { newestThere, state, partials } = found;
  const arriving = partials
    .filter(({ isResumed }) => isResumed)
    .map(({ tag }) => `, part of ${tag.version.text} received`);
  const changed = found.changed.length > 0 ? ', changed since' : '';
  return {
    ...row,
    newest: newestThere?.tag.version.text ?? 'none',
    age: formatAgeOf(newestThere, status),
    behind: describeBehind(found, status),
    state: `${stateNames[state]}${changed}${describePassedCount(found)}${arriving.join('')}`,
  };
}

function describePassedCount({ versionsPassed }: StreamlineStatus): string {
  if (versionsPassed === 0) return '';
  return `, ${formatCount(versionsPassed, 'older version')} can no longer be sent`;
}

function describeFailure(kind: string): string {
  return kind === 'connection' ? 'unreachable' : 'failed';
}

function describeBehind(row: StreamlineStatus, status: Status): string {
  if (row.versionsBehind === 0) return '';
  const bytes = row.state === 'behind' ? sumBytes(status, row) : undefined;
  const size = bytes === undefined ? '' : `, about ${formatBytes(bytes)}`;
  return `${formatCount(row.versionsBehind, 'version')}${size}`;
}

function formatAgeOf(version: TaggedSnapshot | undefined, status: Status): string {
  const age = findAge(status, version);
  return age === undefined ? '' : formatAge(age);
}

function formatSetAside({ hosts }: Status): string[] {
  return hosts.flatMap((host) =>
    host.kind === 'failed' ? [] : (host.setAside ?? []).map((name) => `set aside on ${host.host}: ${name}`),
  );
}

function formatRemarks({ hosts }: Status, colors: ChalkInstance): string[] {
  const remarks = hosts.flatMap((host) =>
    host.kind === 'failed' ? [] : host.streamlines.flatMap((row) => listRemarks(row, host.host)),
  );
  return remarks.flatMap(({ words, resolution }) => [colors.yellow(words), `  to resolve: ${resolution}`]);
}

function formatConflicts({ hosts }: Status, colors: ChalkInstance): string[] {
  return hosts.flatMap((host) => {
    if (host.kind === 'failed') return [];
    // One may concern several streamlines.
    const conflicts = new Set(host.streamlines.flatMap((row) => row.conflicts));
    return [...conflicts].flatMap((conflict) => [
      colors.yellow(`conflict with ${host.host}: ${describeConflict(conflict, endsOf(host.host))}`),
      `  to resolve: ${suggestResolution(conflict.reason, endsOf(host.host))}`,
    ]);
  });
}

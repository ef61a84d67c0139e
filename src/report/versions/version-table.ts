import type { ChalkInstance } from 'chalk';
import { toPrintable } from '../../base/printable.js';
import { ColumnWidths, type Column } from '../terminal/columns.js';
import { formatBytes, formatCount } from '../quantities.js';
import type { StreamlineListing, VersionListing } from '../../tasks/list/version-listing.js';

/** How numbers and times are written: for people, or so that programs can count with them. */
export interface NumberOptions {
  /** Bytes, and seconds since 1970, as plain numbers. */
  readonly isExact?: boolean;
}

function listColumns(isExact: boolean): Column<VersionListing>[] {
  return [
    { title: 'VERSION', isRightAligned: true, cell: ({ version }) => version },
    {
      title: isExact ? 'CREATED' : 'CREATED (UTC)',
      cell: ({ createdAt }) => (isExact ? toSeconds(createdAt) : createdAt.slice(0, 16).replace('T', ' ')),
    },
    {
      title: 'SIZE',
      isRightAligned: true,
      cell: ({ referencedBytes }) => (isExact ? String(referencedBytes) : formatBytes(referencedBytes)),
    },
    {
      title: 'DATASET',
      cut: { least: 16, keeps: 'end' },
      cell: ({ dataset, members, setAside }) => {
        if (setAside) return `${dataset} (set aside)`;
        return members.length === 0 ? dataset : `${dataset} (+${members.length})`;
      },
    },
    {
      title: 'CLONE OF',
      isOptional: true,
      mayStandBelow: true,
      cut: { least: 10, keeps: 'end' },
      cell: ({ cloneOf }) => cloneOf ?? '',
    },
  ];
}

const guidColumn: Column<VersionListing> = { title: 'GUID', mayStandBelow: true, cell: ({ guid }) => guid };

const noteColumn: Column<VersionListing> = {
  title: 'NOTE',
  isOptional: true,
  mayStandBelow: true,
  cut: { least: 20, keeps: 'begin' },
  cell: ({ note }) => toPrintable(note ?? ''),
};

function toSeconds(date: string): string {
  return String(Math.floor(Date.parse(date) / 1000));
}

/** How a table is made. */
export interface TableOptions extends NumberOptions {
  readonly colors: ChalkInstance;
  readonly withGuids: boolean;
  /** How many characters fit into a line; any number if undefined. */
  readonly width: number | undefined;
}

/** What stands before each line of a streamline. */
const indent = '  ';

/**
 * Versions as a table for people, in pieces, grouped by streamline; the GUIDs only if wanted, notes and origins only where there are
 * any. No line is longer than the terminal: names are cut at their beginning, notes at their end, and where that isn't enough, notes,
 * GUIDs and origins stand below their version.
 */
export function* formatVersionTable(
  streamlines: readonly StreamlineListing[],
  { colors, withGuids, isExact = false, width = Infinity }: TableOptions,
): Generator<string> {
  const columns = [...listColumns(isExact), ...(withGuids ? [guidColumn] : []), noteColumn];
  const table = new ColumnWidths(columns);
  const counts = streamlines.map(({ versions }) => {
    let count = 0;
    for (const version of versions) {
      table.add(version);
      count++;
    }
    return count;
  });
  table.fit(width - indent.length);
  for (const [index, { name, versions }] of streamlines.entries()) {
    if (index > 0) yield '\n';
    yield `${colors.bold(name)}  ${colors.dim(formatCount(counts[index] ?? 0, 'version'))}\n`;
    yield `${colors.dim(`${indent}${table.alignTitles()}`)}\n`;
    for (const version of versions) {
      for (const line of table.align(version)) yield `${indent}${line}\n`;
    }
  }
}

/** The fields of a version in `formatVersionLines`, in order; new ones may come at the end, before the note. */
export const lineFields = [
  ...['streamline', 'version', 'dataset', 'members', 'created', 'size', 'guid', 'clone of', 'state', 'note'],
] as const;

/** Versions for scripts, in pieces: a line each, without titles, the fields separated by tabs, `-` for nothing. */
export function* formatVersionLines(
  streamlines: readonly StreamlineListing[],
  { isExact = false }: NumberOptions,
): Generator<string> {
  for (const { name, versions } of streamlines) {
    for (const { version, dataset, members, createdAt, referencedBytes, ...rest } of versions) {
      const created = isExact ? toSeconds(createdAt) : createdAt.replace(/\.[0-9]+Z$/, 'Z');
      const size = isExact ? String(referencedBytes) : formatBytes(referencedBytes);
      const { guid, cloneOf, setAside, note } = rest;
      const state = setAside ? 'set-aside' : '-';
      const fields = [
        ...[name, version, dataset, String(members.length), created, size, guid],
        ...[cloneOf ?? '-', state, toPrintable(note ?? '-')],
      ];
      yield `${fields.join('\t')}\n`;
    }
  }
}

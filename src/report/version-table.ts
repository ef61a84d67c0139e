import type { ChalkInstance } from 'chalk';
import { toPrintable } from '../printable.js';
import { alignColumns, type Column } from './columns.js';
import { formatBytes, formatCount } from './quantities.js';
import type { StreamlineListing, VersionListing } from './version-listing.js';

const columns: readonly Column<VersionListing>[] = [
  { title: 'VERSION', isRightAligned: true, cell: ({ version }) => version },
  {
    title: 'CREATED',
    cell: ({ createdAt }) => createdAt.slice(0, 16).replace('T', ' '),
  },
  { title: 'SIZE', isRightAligned: true, cell: ({ referencedBytes }) => formatBytes(referencedBytes) },
  {
    title: 'DATASET',
    cell: ({ dataset, members }) => (members.length === 0 ? dataset : `${dataset} (+${members.length})`),
  },
  { title: 'CLONE OF', cell: ({ cloneOf }) => cloneOf ?? '' },
];

const guidColumn: Column<VersionListing> = { title: 'GUID', cell: ({ guid }) => guid };

const noteColumn: Column<VersionListing> = {
  title: 'NOTE',
  cell: ({ note }) => toPrintable(note ?? ''),
};

/** How a table is made. */
export interface TableOptions {
  readonly colors: ChalkInstance;
  readonly withGuids: boolean;
  /** How many characters fit into a line; notes are cut to that. Any number if undefined. */
  readonly width: number | undefined;
}

/** What stands before each line of a streamline. */
const indent = '  ';

/** What is left for a note however narrow the terminal is. */
const narrowestNote = 20;

/**
 * Versions as a table for people, grouped by streamline; the GUIDs only if wanted, notes only where there are any. Times are UTC.
 */
export function formatVersionTable(
  streamlines: readonly StreamlineListing[],
  { colors, withGuids, width = Infinity }: TableOptions,
): string {
  const hasNotes = streamlines.some(({ versions }) => versions.some(({ note }) => note !== null));
  const shown = [...columns, ...(withGuids ? [guidColumn] : []), ...(hasNotes ? [noteColumn] : [])];
  const aligned = alignColumns(
    shown,
    streamlines.flatMap(({ versions }) => versions),
  );
  const [titles = '', ...lines] = hasNotes ? cutNotes(aligned, width - indent.length) : aligned;
  const blocks = streamlines.map(({ name, versions: { length } }) => [
    `${colors.bold(name)}  ${colors.dim(formatCount(length, 'version'))}`,
    colors.dim(`${indent}${titles}`),
    ...lines.splice(0, length).map((line) => `${indent}${line}`),
  ]);
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** The lines of a table whose last column are notes, cut to a width. */
function cutNotes(lines: readonly string[], width: number): string[] {
  const start = lines[0]?.lastIndexOf(noteColumn.title) ?? 0;
  return lines.map((line) => cutText(line, Math.max(start + narrowestNote, width)));
}

/** The beginning of a text that is too long for a place. */
function cutText(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

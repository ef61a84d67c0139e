import type { ChalkInstance } from 'chalk';
import { toPrintable } from '../../base/printable.js';
import { ColumnWidths, type Column } from '../terminal/columns.js';
import { formatBytes, formatCount } from '../quantities.js';
import type { StreamlineListing, VersionListing } from '../../tasks/list/version-listing.js';

const columns: readonly Column<VersionListing>[] = [
  { title: 'VERSION', isRightAligned: true, cell: ({ version }) => version },
  {
    title: 'CREATED',
    cell: ({ createdAt }) => createdAt.slice(0, 16).replace('T', ' '),
  },
  { title: 'SIZE', isRightAligned: true, cell: ({ referencedBytes }) => formatBytes(referencedBytes) },
  {
    title: 'DATASET',
    cell: ({ dataset, members, setAside }) => {
      if (setAside) return `${dataset} (set aside)`;
      return members.length === 0 ? dataset : `${dataset} (+${members.length})`;
    },
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
 * Versions as a table for people, in pieces, grouped by streamline; the GUIDs only if wanted, notes only where there are any. Times are
 * UTC.
 */
export function* formatVersionTable(
  streamlines: readonly StreamlineListing[],
  { colors, withGuids, width = Infinity }: TableOptions,
): Generator<string> {
  const table = new ColumnWidths([...columns, ...(withGuids ? [guidColumn] : []), noteColumn]);
  let notes = 0;
  const counts = streamlines.map(({ versions }) => {
    let count = 0;
    for (const version of versions) {
      table.add(version);
      if (version.note !== null) notes++;
      count++;
    }
    return count;
  });
  const hasNotes = notes > 0;
  const allTitles = table.alignTitles();
  const noteStart = allTitles.lastIndexOf(noteColumn.title);
  // Without notes, nothing is seen of the last column in the rows.
  const titles = hasNotes ? allTitles : allTitles.slice(0, noteStart).trimEnd();
  const length = hasNotes ? Math.max(noteStart + narrowestNote, width - indent.length) : Infinity;
  for (const [index, { name, versions }] of streamlines.entries()) {
    if (index > 0) yield '\n';
    yield `${colors.bold(name)}  ${colors.dim(formatCount(counts[index] ?? 0, 'version'))}\n`;
    yield `${colors.dim(`${indent}${cutText(titles, length)}`)}\n`;
    for (const version of versions) yield `${indent}${cutText(table.align(version), length)}\n`;
  }
}

/** The beginning of a text that is too long for a place. */
function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

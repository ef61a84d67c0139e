import type { ChalkInstance } from 'chalk';
import { toPrintable } from '../printable.js';
import { formatBytes, formatCount } from './quantities.js';
import type { StreamlineListing, VersionListing } from './version-listing.js';

interface Column {
  readonly title: string;
  readonly isRightAligned: boolean;
  readonly cell: (version: VersionListing) => string;
}

const columns: readonly Column[] = [
  { title: 'VERSION', isRightAligned: true, cell: ({ version }) => version },
  {
    title: 'CREATED',
    isRightAligned: false,
    cell: ({ createdAt }) => createdAt.slice(0, 16).replace('T', ' '),
  },
  { title: 'SIZE', isRightAligned: true, cell: ({ referencedBytes }) => formatBytes(referencedBytes) },
  {
    title: 'DATASET',
    isRightAligned: false,
    cell: ({ dataset, members }) => (members.length === 0 ? dataset : `${dataset} (+${members.length})`),
  },
  { title: 'CLONE OF', isRightAligned: false, cell: ({ cloneOf }) => cloneOf ?? '' },
];

const guidColumn: Column = { title: 'GUID', isRightAligned: false, cell: ({ guid }) => guid };

const noteColumn: Column = {
  title: 'NOTE',
  isRightAligned: false,
  cell: ({ note }) => toPrintable(note ?? ''),
};

/** How a table is made. */
export interface TableOptions {
  readonly colors: ChalkInstance;
  readonly withGuids: boolean;
  /** How many characters fit into a line; notes are cut to that. Any number if undefined. */
  readonly width: number | undefined;
}

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
  const widths = shown.map(({ title, cell }) =>
    Math.max(
      title.length,
      ...streamlines.flatMap(({ versions }) => versions.map((version) => cell(version).length)),
    ),
  );
  const noteStart = widths
    .slice(0, columns.length + (withGuids ? 1 : 0))
    .reduce((sum, each) => sum + each + 2, 2);
  const formatCell = (text: string, index: number): string => {
    if (shown[index] === noteColumn) return cutText(text, Math.max(narrowestNote, width - noteStart));
    const cellWidth = widths[index] ?? 0;
    return shown[index]?.isRightAligned === true ? text.padStart(cellWidth) : text.padEnd(cellWidth);
  };
  const formatRow = (texts: readonly string[]): string => texts.map(formatCell).join('  ').trimEnd();
  const blocks = streamlines.map(({ name, versions }) => {
    const heading = `${colors.bold(name)}  ${colors.dim(formatCount(versions.length, 'version'))}`;
    const titles = colors.dim(`  ${formatRow(shown.map(({ title }) => title))}`);
    return [
      heading,
      titles,
      ...versions.map((version) => `  ${formatRow(shown.map(({ cell }) => cell(version)))}`),
    ];
  });
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** The beginning of a text that is too long for a place. */
function cutText(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

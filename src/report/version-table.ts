import type { ChalkInstance } from 'chalk';
import type { StreamlineListing, VersionListing } from './version-listing.js';
import { formatBytes, formatCount } from './quantities.js';

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

/** Versions as a table for people, grouped by streamline; the GUIDs only if wanted. Times are UTC. */
export function formatVersionTable(
  streamlines: readonly StreamlineListing[],
  options: { colors: ChalkInstance; withGuids: boolean },
): string {
  const { colors } = options;
  const shown = options.withGuids ? [...columns, guidColumn] : columns;
  const widths = shown.map(({ title, cell }) =>
    Math.max(
      title.length,
      ...streamlines.flatMap(({ versions }) => versions.map((version) => cell(version).length)),
    ),
  );
  const formatRow = (texts: readonly string[]): string =>
    texts
      .map((text, index) =>
        shown[index]?.isRightAligned === true
          ? text.padStart(widths[index] ?? 0)
          : text.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
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

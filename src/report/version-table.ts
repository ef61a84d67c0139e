import type { ChalkInstance } from 'chalk';
import type { StreamlineListing, VersionListing } from './version-listing.js';
import { formatBytes, formatCount } from './quantities.js';
import { formatTable, type TableColumn } from './table.js';

const columns: readonly TableColumn<VersionListing>[] = [
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

const guidColumn: TableColumn<VersionListing> = { title: 'GUID', cell: ({ guid }) => guid };

/** Versions as a table for people, grouped by streamline; the GUIDs only if wanted. Times are UTC. */
export function formatVersionTable(
  streamlines: readonly StreamlineListing[],
  options: { colors: ChalkInstance; withGuids: boolean },
): string {
  const { colors } = options;
  const shown = options.withGuids ? [...columns, guidColumn] : columns;
  const [titles = '', ...rows] = formatTable(
    shown,
    streamlines.flatMap(({ versions }) => versions),
  );
  const blocks = streamlines.map(({ name, versions }) => {
    const heading = `${colors.bold(name)}  ${colors.dim(formatCount(versions.length, 'version'))}`;
    return [heading, colors.dim(`  ${titles}`), ...rows.splice(0, versions.length).map((row) => `  ${row}`)];
  });
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

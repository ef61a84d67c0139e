import type { ChalkInstance } from 'chalk';
import { alignColumns, type Column } from './columns.js';
import type { StreamlineListing, VersionListing } from './version-listing.js';
import { formatBytes, formatCount } from './quantities.js';

const columns: readonly Column<VersionListing>[] = [
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

const guidColumn: Column<VersionListing> = { title: 'GUID', isRightAligned: false, cell: ({ guid }) => guid };

/** Versions as a table for people, grouped by streamline; the GUIDs only if wanted. Times are UTC. */
export function formatVersionTable(
  streamlines: readonly StreamlineListing[],
  options: { colors: ChalkInstance; withGuids: boolean },
): string {
  const { colors } = options;
  const shown = options.withGuids ? [...columns, guidColumn] : columns;
  const versions = streamlines.flatMap((streamline) => streamline.versions);
  const [titles = '', ...lines] = alignColumns(shown, versions);
  const blocks = streamlines.map(({ name, versions: { length } }) => [
    `${colors.bold(name)}  ${colors.dim(formatCount(length, 'version'))}`,
    colors.dim(`  ${titles}`),
    ...lines.splice(0, length).map((line) => `  ${line}`),
  ]);
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

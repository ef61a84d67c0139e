import type { ChalkInstance } from 'chalk';
import { exitCodes } from '../../base/errors.js';
import { toPrintable } from '../../base/printable.js';
import type { ReceiverCounts, RunRecord } from '../../base/run-record.js';
import { quoteCommand } from '../../base/shell.js';
import { formatBytes, formatCount, formatDuration } from '../quantities.js';
import { alignColumns, cutText, type Column } from '../terminal/columns.js';

const columns: readonly Column<RunRecord>[] = [
  { title: 'STARTED (UTC)', cell: ({ startedAt }) => startedAt.slice(0, 16).replace('T', ' ') },
  {
    title: 'COMMAND',
    cut: { least: 12, keeps: 'begin' },
    cell: ({ command, hosts }) => toPrintable([command, ...hosts].join(' ')),
  },
  {
    title: 'TIME',
    isRightAligned: true,
    cell: ({ end }) => (end === undefined ? '' : formatDuration(end.seconds)),
  },
  { title: 'RESULT', cell: describeResult },
  {
    title: 'WHAT',
    mayStandBelow: true,
    cut: { least: 24, keeps: 'begin' },
    cell: (run) => toPrintable(describeWhat(run)),
  },
];

/** How runs are shown. */
export interface LogTextOptions {
  readonly colors: ChalkInstance;
  /** Whether the whole command line, and what came to each receiver, stand below each run. */
  readonly verbose: boolean;
  /** How many characters fit into a line; any number if undefined. */
  readonly width: number | undefined;
}

/** Runs for people: a line each. */
export function formatRuns(
  runs: readonly RunRecord[],
  { colors, verbose, width = Infinity }: LogTextOptions,
): string {
  if (runs.length === 0) return '';
  const [titles = '', ...lines] = alignColumns(columns, runs, width);
  if (!verbose) return [colors.dim(titles), ...lines].map((line) => `${line}\n`).join('');
  const blocks = runs.map((run) => {
    const [, ...own] = alignColumns(columns.slice(0, -1), [run], width);
    return [...own, ...listDetails(run, width)];
  });
  return blocks.map((block) => block.map((line) => `${line}\n`).join('')).join('\n');
}

function listDetails({ words, end }: RunRecord, width: number): string[] {
  const details = [
    `zfs-vm ${quoteCommand(words)}`,
    ...(end?.receivers ?? []).map(describeReceiver),
    ...((end?.made.length ?? 0) > 0 ? [`made ${end?.made.join(', ') ?? ''}`] : []),
    ...(end?.error === undefined ? [] : [`error: ${end.error}`]),
  ];
  return details.map((line) => cutText(`    ${toPrintable(line)}`, width));
}

function describeReceiver({ host, versions, bytes, conflicts, error }: ReceiverCounts): string {
  return [
    `${host}: ${formatCount(versions, 'version')}, ${formatBytes(bytes)}`,
    ...(conflicts > 0 ? [formatCount(conflicts, 'conflict')] : []),
    ...(error === undefined ? [] : [error]),
  ].join(', ');
}

/** How a run ended, in few words. */
export function describeResult({ end, isRunning }: RunRecord): string {
  if (end === undefined) return isRunning ? 'running' : 'killed';
  switch (end.exitCode) {
    case exitCodes.done:
      return 'done';
    case exitCodes.usage:
      return 'not started';
    case exitCodes.conflict:
      return 'conflict';
    case exitCodes.connection:
      return 'no connection';
    case exitCodes.interrupted:
      return 'interrupted';
    default:
      return 'failed';
  }
}

function describeWhat({ end }: RunRecord): string {
  if (end === undefined) return '';
  const { made, did, destroyed, receivers, error } = end;
  const versions = receivers.reduce((sum, each) => sum + each.versions, 0);
  const bytes = receivers.reduce((sum, each) => sum + each.bytes, 0);
  const [only, ...others] = made;
  const parts = [
    ...(only === undefined ? [] : [others.length === 0 ? `made ${only}` : `made ${made.length} versions`]),
    ...did,
    ...(versions > 0 ? [`transferred ${formatCount(versions, 'version')}, ${formatBytes(bytes)}`] : []),
    ...(destroyed > 0 ? [`destroyed ${formatCount(destroyed, 'snapshot')}`] : []),
    ...(error === undefined ? [] : [error]),
  ];
  if (parts.length > 0) return parts.join('; ');
  if (end.exitCode !== exitCodes.done) return '';
  return receivers.length > 0 ? 'up to date' : 'nothing to do';
}

import type { ChalkInstance } from 'chalk';
import { exitCodes, type ZfsVmError } from '../../base/errors.js';
import type { Plan } from '../../plan/plan.js';
import { toPrintable } from '../../base/printable.js';
import type { TransferResult } from '../../transfer/event.js';
import { toJsonError } from '../error-json.js';
import { formatBytes, formatCount, formatDuration } from '../quantities.js';
import { alignColumns, type Column } from '../terminal/columns.js';

/** What came of a transfer to one of several receivers. */
export interface HostOutcome {
  readonly receiver: string;
  /** The exit status that it would have had alone. */
  readonly status: number;
  /** What was planned last, and what came of it all; undefined when it didn't get so far. */
  readonly ending: { readonly plan: Plan; readonly result: TransferResult } | undefined;
  /** What ended it. */
  readonly error: ZfsVmError | undefined;
}

const columns: readonly Column<HostOutcome>[] = [
  { title: 'HOST', cell: ({ receiver }) => receiver },
  { title: 'VERSIONS', isRightAligned: true, cell: ({ ending }) => String(ending?.result.versions ?? 0) },
  { title: 'SIZE', isRightAligned: true, cell: ({ ending }) => formatBytes(ending?.result.bytes ?? 0) },
  {
    title: 'TIME',
    isRightAligned: true,
    cell: ({ ending }) => (ending === undefined ? '' : formatDuration(ending.result.seconds)),
  },
  { title: 'STATUS', cut: { least: 20, keeps: 'begin' }, cell: describeOutcome },
];

/** What came of transfers to several receivers as a table for people. */
export function formatHostTable(
  outcomes: readonly HostOutcome[],
  colors: ChalkInstance,
  width = Infinity,
): string {
  const [titles = '', ...rows] = alignColumns(columns, outcomes, width);
  const lines = rows.map((row, index) =>
    outcomes[index]?.status === exitCodes.done ? row : colors.yellow(row),
  );
  return [colors.dim(titles), ...lines].map((line) => `${line}\n`).join('');
}

/** The same as a line of JSON, as docs/reference/json-runs.md describes it. */
export function formatHostSummaryAsJson(outcomes: readonly HostOutcome[]): string {
  const receivers = outcomes.map(({ receiver, status, ending, error }) => ({
    ...{ receiver, status },
    versions: ending?.result.versions ?? 0,
    failedVersions: ending?.result.failedVersions ?? null,
    conflicts: ending?.plan.conflicts.length ?? null,
    bytes: ending?.result.bytes ?? 0,
    seconds: ending?.result.seconds ?? null,
    error: error === undefined ? null : toJsonError(error),
  }));
  return `${JSON.stringify({ event: 'summary', receivers })}\n`;
}

function describeOutcome({ ending, error }: HostOutcome): string {
  if (error !== undefined) return `failed: ${toPrintable(error.message)}`;
  if (ending === undefined) return '';
  const { plan, result } = ending;
  const { versions, failedVersions, errors } = result;
  const conflicts =
    plan.conflicts.length === 0 ? '' : `, ${formatCount(plan.conflicts.length, 'conflict')} to resolve`;
  if (failedVersions > 0) return `incomplete: ${formatCount(failedVersions, 'version')} not sent${conflicts}`;
  if (errors.length > 0) return `done with errors${conflicts}`;
  return `${versions === 0 && conflicts === '' ? 'up to date' : 'done'}${conflicts}`;
}

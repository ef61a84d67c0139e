import type { StreamlineStatus } from '../../plan/compare-streamlines.js';
import { toPrintable } from '../../base/printable.js';
import { describeConflict } from '../plan/describe-conflict.js';
import { endsOf } from '../plan/describe-plan.js';
import { formatAge, formatCount } from '../quantities.js';
import { describeLeftOut, findAge, listRemarks } from './status.js';
import type { Status } from '../../tasks/status/status-result.js';

/** The exit statuses of programs that monitor (monitoring-plugins.org/doc/guidelines.html), which `status --check` ends with. */
export const checkCodes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

/** One of them. */
export type CheckLevel = keyof typeof checkCodes;

/** What a check came to: how bad it is, and the text for people, of which the first line is the summary. */
export interface CheckResult {
  readonly level: CheckLevel;
  readonly text: string;
}

interface Problem {
  readonly level: Exclude<CheckLevel, 'OK'>;
  readonly words: string;
}

/** From the worst on. */
const levels = ['CRITICAL', 'UNKNOWN', 'WARNING'] as const;

/**
 * Judges a status for monitoring. A conflict is critical, and so is, with a greatest age, a host whose newest version is older;
 * without one, a host that is behind is a warning. A host that couldn't be asked is unknown, and so is a machine without versions.
 */
export function checkStatus(status: Status, maxAgeSeconds: number | undefined): CheckResult {
  const problems = findProblems(status, maxAgeSeconds);
  const level = levels.find((each) => problems.some((problem) => problem.level === each)) ?? 'OK';
  const compared = `${formatCount(status.newest.length, 'streamline')} on ${formatCount(status.hosts.length, 'host')}`;
  if (level === 'OK') return toResult(level, `${compared}, ${describeOldest(status)}`, []);
  const sorted = levels.flatMap((each) => problems.filter((problem) => problem.level === each));
  // A conflict may concern several streamlines.
  const [first = '', ...others] = new Set(sorted.map(({ words }) => words));
  const more = others.length === 0 ? '' : `, and ${formatCount(others.length, 'other problem')}`;
  return toResult(level, `${first}${more}`, others);
}

/** What a check came to that couldn't be made. */
export function failCheck(message: string): CheckResult {
  return toResult('UNKNOWN', message, []);
}

/** What stands after a `|` would be taken for numbers. */
function toResult(level: CheckLevel, summary: string, details: readonly string[]): CheckResult {
  const lines = [`ZFS-VM ${level} - ${summary}`, ...details];
  return { level, text: lines.map((line) => `${toPrintable(line).replaceAll('|', '/')}\n`).join('') };
}

function findProblems(status: Status, maxAgeSeconds: number | undefined): Problem[] {
  if (status.newest.length === 0) return [{ level: 'UNKNOWN', words: 'no versions on this machine' }];
  const left = (status.leftOut ?? []).map((each): Problem => {
    return { level: 'WARNING', words: describeLeftOut(each) };
  });
  const problems = status.hosts.flatMap((host): Problem[] =>
    host.kind === 'failed'
      ? [{ level: 'UNKNOWN', words: `${host.host}: ${host.error.message}` }]
      : host.streamlines.flatMap((row) => judgeRow(row, host.host, status, maxAgeSeconds)),
  );
  return [...problems, ...left];
}

function judgeRow(
  row: StreamlineStatus,
  host: string,
  status: Status,
  maxAgeSeconds: number | undefined,
): Problem[] {
  const conflicts = row.conflicts.map((conflict): Problem => {
    return { level: 'CRITICAL', words: `${host}: ${describeConflict(conflict, endsOf(host))}` };
  });
  if (conflicts.length > 0) return conflicts;
  const remarks = listRemarks(row, host).map(({ words }): Problem => ({ level: 'WARNING', words }));
  return [...judgeAge(row, host, status, maxAgeSeconds), ...remarks];
}

function judgeAge(
  row: StreamlineStatus,
  host: string,
  status: Status,
  maxAgeSeconds: number | undefined,
): Problem[] {
  const what = `${row.streamline} on ${host}`;
  const age = findAge(status, row.newestThere);
  if (maxAgeSeconds === undefined) {
    if (row.state !== 'behind') return [];
    return [{ level: 'WARNING', words: `${what} is ${formatCount(row.versionsBehind, 'version')} behind` }];
  }
  if (row.newestThere === undefined) return [{ level: 'CRITICAL', words: `${what} has no version` }];
  const version = row.newestThere.tag.version.text;
  if (age === undefined) {
    return [{ level: 'UNKNOWN', words: `${what}: the age of version ${version} is unknown` }];
  }
  if (age <= maxAgeSeconds) return [];
  return [{ level: 'CRITICAL', words: `${what} is at version ${version}, ${formatAge(age)} old` }];
}

function describeOldest(status: Status): string {
  const ages = status.hosts.flatMap((host) =>
    host.kind === 'failed' ? [] : host.streamlines.map((row) => findAge(status, row.newestThere) ?? 0),
  );
  return `newest versions at most ${formatAge(Math.max(0, ...ages))} old`;
}

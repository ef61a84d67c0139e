import type { ChalkInstance } from 'chalk';
import type { DoctorResult } from '../../tasks/doctor/doctor.js';
import type { Level } from '../../tasks/doctor/finding.js';
import { wrapIfNarrow } from '../terminal/wrap.js';
import { describeFinding } from './describe-finding.js';

/** The version of the JSON; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** As wide as the longest level. */
const levelWidth = 'warning'.length;

/** How narrow messages may get beside what they are about. */
const leastProse = 32;

/** How findings are shown. */
interface FindingsTextOptions {
  readonly colors: ChalkInstance;
  /** How many characters fit into a line; any number if undefined. */
  readonly width: number | undefined;
}

/** The findings for people, a line each: how bad it is, what it is about, how it is, and what to do. */
export function formatFindings(
  { host, findings }: DoctorResult,
  { colors, width: terminalWidth }: FindingsTextOptions,
): string {
  const paint: Readonly<Record<Level, (text: string) => string>> = {
    ok: colors.green,
    note: colors.cyan,
    warning: colors.yellow,
    fault: colors.red,
  };
  const rows = findings.map((finding) => ({ level: finding.level, ...describeFinding(finding, host) }));
  const subjectWidth = Math.max(...rows.map(({ subject }) => subject.length));
  const start = levelWidth + 2 + subjectWidth + 2;
  const hanging = terminalWidth !== undefined && terminalWidth - start < leastProse ? 4 : start;
  return rows
    .map(({ level, subject, message, remedy }) => {
      const advice = remedy === undefined ? '' : `; to resolve: ${remedy}`;
      const line = `${paint[level](level.padEnd(levelWidth))}  ${subject.padEnd(subjectWidth)}  ${message}${advice}\n`;
      return wrapIfNarrow(line, terminalWidth, hanging);
    })
    .join('');
}

/** The same as JSON, as docs/reference/json.md describes it. */
export function formatFindingsAsJson({ host, findings }: DoctorResult): string {
  const document = {
    schemaVersion,
    host,
    findings: findings.map((finding) => {
      const { subject, message, remedy = null } = describeFinding(finding, host);
      return { kind: finding.kind, level: finding.level, subject, message, remedy };
    }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

import { toPrintableJson } from '../../base/printable.js';
import type { RunRecord } from '../../base/run-record.js';
import { describeResult } from './log-text.js';

/** The version of what `log --json` prints; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** Runs as JSON, as docs/reference/json.md describes it. */
export function formatRunsAsJson(runs: readonly RunRecord[]): string {
  const document = {
    schemaVersion,
    runs: runs.map((run) => {
      const { startedAt, command, words, hosts, end } = run;
      return {
        ...{ startedAt, command, words, hosts, result: describeResult(run).replaceAll(' ', '-') },
        exitCode: end?.exitCode ?? null,
        seconds: end?.seconds ?? null,
        made: end?.made ?? [],
        did: end?.did ?? [],
        destroyed: end?.destroyed ?? 0,
        receivers: (end?.receivers ?? []).map(({ error, ...counts }) => ({
          ...counts,
          error: error ?? null,
        })),
        error: end?.error ?? null,
      };
    }),
  };
  return `${toPrintableJson(JSON.stringify(document, null, 2))}\n`;
}

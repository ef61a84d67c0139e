import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import type { RunEnd, RunLine } from '../base/run-record.js';
import type { RunJournal } from '../host/run-journal.js';

/** A run that was written down when it began. */
export interface RunEntry {
  /** Writes down how it ended. */
  readonly end: (end: Omit<RunEnd, 'seconds'>) => Promise<void>;
}

/** Writes down that a run begins. */
export async function beginEntry(
  journal: RunJournal,
  clock: Pick<Clock, 'nowMs' | 'dateMs'>,
  run: Pick<Extract<RunLine, { kind: 'begin' }>, 'command' | 'words' | 'hosts'>,
): Promise<RunEntry> {
  const id = randomUUID();
  const beganAtMs = clock.nowMs();
  const startedAt = new Date(clock.dateMs()).toISOString();
  await journal.write({ kind: 'begin', id, startedAt, ...run, ...(await journal.identify()) });
  return {
    end: (end) => journal.write({ kind: 'end', id, seconds: (clock.nowMs() - beganAtMs) / 1000, ...end }),
  };
}

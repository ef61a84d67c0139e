import { setTimeout } from 'node:timers/promises';

/** The time, and waiting for it. */
export interface Clock {
  /** Milliseconds since a moment of its own: it never goes backwards, and only differences mean something. */
  readonly nowMs: () => number;
  /** Milliseconds since 1970 (UTC), as the machine's clock has it. */
  readonly dateMs: () => number;
  /** Waits, or rejects when the signal is aborted. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** The clock of this machine. */
export const realClock: Clock = {
  nowMs: () => performance.now(),
  dateMs: () => Date.now(),
  sleep: (delayMs, signal) => setTimeout(delayMs, undefined, { signal }),
};

import type { RunLock } from '../../host/run-lock.js';

/** The locks that a run has on streamlines, so that no other of its kind works on them at the same time. */
export class StreamlineLocks {
  readonly #takeLock: (name: string) => Promise<RunLock | undefined>;
  readonly #locks: RunLock[] = [];

  /** @param takeLock as `takeRunLock` */
  constructor(takeLock: (name: string) => Promise<RunLock | undefined>) {
    this.#takeLock = takeLock;
  }

  /** Takes that of a streamline. @returns false when another run has it */
  async take(streamline: string): Promise<boolean> {
    const lock = await this.#takeLock(`sync ${streamline}`);
    if (lock !== undefined) this.#locks.push(lock);
    return lock !== undefined;
  }

  async release(): Promise<void> {
    await Promise.all(this.#locks.splice(0).map((lock) => lock.release()));
  }
}

/** Someone who waits for a time. */
interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Why somebody no longer waits. */
class Roused extends Error {
  override readonly name = 'AbortError';
}

/**
 * Virtual time: it stands still while anything is left to do, and then jumps to the next time that somebody waits for. Those who
 * wait for the same time are woken in the order in which they began to.
 */
export class VirtualClock {
  /** Virtual milliseconds since the world began. */
  nowMs = 0;
  /** Of those who wait, the next to be woken first. */
  readonly #sleepers: Sleeper[] = [];
  #order = 0;
  #isArmed = false;

  /** Waits so many virtual milliseconds, or rejects when the signal is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(new Roused());
        return;
      }
      const onAbort = (): void => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index < 0) return;
        this.#sleepers.splice(index, 1);
        reject(new Roused());
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, wake };
      signal?.addEventListener('abort', onAbort, { once: true });
      const after = this.#sleepers.findIndex(({ atMs }) => atMs > sleeper.atMs);
      this.#sleepers.splice(after < 0 ? this.#sleepers.length : after, 0, sleeper);
      this.#arm();
    });
  }

  /** Node calls it when all promises and streams have come to rest. */
  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      const next = this.#sleepers.shift();
      if (next === undefined) return;
      this.nowMs = next.atMs;
      if (this.#sleepers.length > 0) this.#arm();
      next.wake();
    });
  }
}

/** Spreads bytes over time so that no more than a rate goes through, however many streams share it. */
export class RateLimit {
  readonly #bytesPerMs: number;
  /** When everything that was let through so far would have gone at that rate. */
  #paidUntilMs = 0;
  readonly #now: () => number;

  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#now = now;
  }

  /** How many milliseconds to wait before so many bytes may go. */
  take(bytes: number): number {
    const nowMs = this.#now();
    const waitMs = Math.max(0, this.#paidUntilMs - nowMs);
    this.#paidUntilMs = Math.max(nowMs, this.#paidUntilMs) + bytes / this.#bytesPerMs;
    return waitMs;
  }
}

import type { Clock } from '../clock.js';

/** How much goes at once: a stream that waits for its turn waits for no more than this, times the streams. */
const pieceBytes = 64 * 1024;

/** Spreads bytes over time so that no more than a rate goes through, however many streams share it. */
export class RateLimit {
  readonly #bytesPerMs: number;
  /** When everything that was let through so far would have gone at that rate. */
  #paidUntilMs = 0;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(bytesPerSecond: number, clock: Pick<Clock, 'nowMs'>) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
  }

  /** Cuts a chunk into pieces that may go at once. */
  *cut(chunk: Buffer): Generator<Buffer> {
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      yield chunk.subarray(start, start + pieceBytes);
    }
  }

  /** How many milliseconds to wait before so many bytes may go. */
  take(bytes: number): number {
    const nowMs = this.#clock.nowMs();
    const waitMs = Math.max(0, this.#paidUntilMs - nowMs);
    this.#paidUntilMs = Math.max(nowMs, this.#paidUntilMs) + bytes / this.#bytesPerMs;
    return waitMs;
  }
}

import type { Clock } from '../../base/clock.js';

/** How much goes at once: a stream that waits for its turn waits for no more than this, times the streams. */
const mostPieceBytes = 64 * 1024;
const fewestPieceBytes = 512;
const pieceSeconds = 0.25;

/** Spreads bytes over time so that no more than a rate goes through, however many streams share it. */
export class RateLimit {
  readonly #bytesPerMs: number;
  readonly #pieceBytes: number;
  /** When everything that was let through so far would have gone at that rate. */
  #paidUntilMs = 0;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(bytesPerSecond: number, clock: Pick<Clock, 'nowMs'>) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    const pieceBytes = Math.round(bytesPerSecond * pieceSeconds);
    this.#pieceBytes = Math.min(mostPieceBytes, Math.max(fewestPieceBytes, pieceBytes));
    this.#clock = clock;
  }

  /** Cuts a chunk into pieces that may go at once. */
  *cut(chunk: Buffer): Generator<Buffer> {
    for (let start = 0; start < chunk.length; start += this.#pieceBytes) {
      yield chunk.subarray(start, start + this.#pieceBytes);
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

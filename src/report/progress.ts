import { formatBytes, formatDuration } from './quantities.js';

/** How far back the rate looks: long enough to be calm, short enough to notice a stall. */
const rateWindowMs = 5000;

/** How far a transfer is: counts bytes, and knows the rate of the last seconds. */
export class Progress {
  readonly #totalBytes: number | undefined;
  #bytes = 0;
  #samples: { readonly atMs: number; readonly bytes: number }[];

  /** @param totalBytes an estimate; undefined when there is none */
  constructor(totalBytes: number | undefined, nowMs: number) {
    this.#totalBytes = totalBytes;
    this.#samples = [{ atMs: nowMs, bytes: 0 }];
  }

  /** So many more bytes have gone over. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Where it stands, e.g. `42% of 1.2 GiB, 53 MiB/s, 0:12 left`. */
  describe(nowMs: number): string {
    this.#samples = this.#samples.filter((_, index, all) => {
      const next = all[index + 1];
      return next === undefined || nowMs - next.atMs < rateWindowMs;
    });
    const [oldest = { atMs: nowMs, bytes: this.#bytes }] = this.#samples;
    this.#samples.push({ atMs: nowMs, bytes: this.#bytes });
    const elapsedSeconds = (nowMs - oldest.atMs) / 1000;
    const bytesPerSecond = elapsedSeconds > 0 ? (this.#bytes - oldest.bytes) / elapsedSeconds : 0;
    const rate = `${formatBytes(Math.round(bytesPerSecond))}/s`;
    if (this.#totalBytes === undefined || this.#totalBytes === 0) {
      return `${formatBytes(this.#bytes)}, ${rate}`;
    }
    // Estimates are a little off: never say that it's done before it is.
    const percent = Math.min(99, Math.floor((100 * this.#bytes) / this.#totalBytes));
    const left = Math.max(0, this.#totalBytes - this.#bytes);
    const timeLeft = bytesPerSecond > 0 ? `, ${formatDuration(left / bytesPerSecond)} left` : '';
    return `${percent}% of ${formatBytes(this.#totalBytes)}, ${rate}${timeLeft}`;
  }
}

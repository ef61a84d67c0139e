import type { Chain, Plan, Step } from '../../plan/plan.js';
import { nameForPeople } from '../../streamline/dataset.js';
import { formatBytes, formatCount, formatDuration } from '../quantities.js';

/** How far back the rate looks: long enough to be calm, short enough to notice a stall. */
const rateWindowMs = 5000;

const barWidth = 20;

/** How far a transfer is: counts versions and bytes, by chain and in all, and knows the rate of the last seconds. */
export class Progress {
  readonly #versions: number;
  readonly #kind: string;
  #sizes: ReadonlyMap<Step, number> = new Map();
  #totalBytes: number | undefined;
  #bytes = 0;
  #done = 0;
  readonly #running = new Map<Chain, { step: Step; bytes: number }>();
  readonly #steps: readonly Step[];
  #samples: { readonly atMs: number; readonly bytes: number }[];

  /** @param isCompressed whether the bytes that are added are those of compressed streams: no estimate is about them */
  constructor({ chains }: Plan, nowMs: number, isCompressed = false) {
    this.#kind = isCompressed ? ' compressed' : '';
    this.#steps = chains.flatMap((chain) => chain.steps);
    this.#versions = this.#steps.length;
    this.#samples = [{ atMs: nowMs, bytes: 0 }];
  }

  /** About how many bytes each step will be; there is no total when one is missing. */
  estimate(sizes: ReadonlyMap<Step, number>): void {
    this.#sizes = sizes;
    this.#totalBytes = this.#steps.every((step) => sizes.has(step))
      ? sumSizes(this.#steps, sizes)
      : undefined;
  }

  begin(chain: Chain, step: Step): void {
    this.#running.set(chain, { step, bytes: this.#running.get(chain)?.bytes ?? 0 });
  }

  /** So many more bytes have gone over. */
  add(chain: Chain, bytes: number): void {
    this.#bytes += bytes;
    const running = this.#running.get(chain);
    if (running !== undefined) running.bytes += bytes;
  }

  /** A step is done, or won't be. */
  end(chain: Chain, isDone: boolean): void {
    if (isDone) this.#done++;
    const isLast = chain.steps.at(-1) === this.#running.get(chain)?.step;
    if (isLast || !isDone) this.#running.delete(chain);
  }

  /** Where it stands: a line for each running chain, and one for all. */
  describe(nowMs: number): string[] {
    const lines = [...this.#running].map(([chain, { step, bytes }]) => {
      const name = `${nameForPeople(step.to)} -> ${chain.destination}`;
      const total = chain.steps.every((one) => this.#sizes.has(one)) ? sumSizes(chain.steps, this.#sizes) : 0;
      return `${drawBar(bytes, total)}  ${name}, ${formatBytes(bytes)}${this.#kind}`;
    });
    const versions = `${this.#done} of ${formatCount(this.#versions, 'version')}`;
    return [
      ...lines,
      `${drawBar(this.#bytes, this.#totalBytes)}  ${versions}, ${this.#describeBytes(nowMs)}`,
    ];
  }

  #describeBytes(nowMs: number): string {
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
      return `${formatBytes(this.#bytes)}${this.#kind}, ${rate}`;
    }
    const left = Math.max(0, this.#totalBytes - this.#bytes);
    const timeLeft = bytesPerSecond > 0 ? `, ${formatDuration(left / bytesPerSecond)} left` : '';
    return `${formatBytes(this.#bytes)} of ${formatBytes(this.#totalBytes)}, ${rate}${timeLeft}`;
  }
}

/** E.g. `[#####...............]  25%`; without a total, an empty one. */
function drawBar(bytes: number, totalBytes: number | undefined): string {
  // Estimates are a little off: never say that it's done before it is.
  const share = totalBytes === undefined || totalBytes === 0 ? 0 : Math.min(0.99, bytes / totalBytes);
  const filled = Math.floor(share * barWidth);
  const percent = totalBytes === undefined || totalBytes === 0 ? '' : `${Math.floor(share * 100)}%`;
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${percent.padStart(3)}`;
}

function sumSizes(steps: readonly Step[], sizes: ReadonlyMap<Step, number>): number {
  return steps.reduce((sum, step) => sum + (sizes.get(step) ?? 0), 0);
}

import type { Chain, Plan, Step } from '../../plan/plan.js';
import { nameForPeople } from '../../streamline/dataset.js';
import { cutText } from '../terminal/columns.js';
import { formatBytes, formatCount, formatDuration } from '../quantities.js';

/** How far back the rate looks: long enough to be calm, short enough to notice a stall. */
const rateWindowMs = 5000;

const widestBar = 20;

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

  /**
   * Where it stands: a line for each running chain, and one for all. What doesn't fit is left out: of names the beginning, then the bars.
   * @param width how many characters fit into a line
   */
  describe(nowMs: number, width = Infinity): string[] {
    const lines = [...this.#running].map(([chain, { step, bytes }]) => {
      const name = `${nameForPeople(step.to)} -> ${chain.destination}`;
      const total = chain.steps.every((one) => this.#sizes.has(one)) ? sumSizes(chain.steps, this.#sizes) : 0;
      const start = `${drawBar(bytes, total, width)}  ${formatBytes(bytes).padStart(bytesWidth)}${this.#kind}  `;
      return `${start}${cutText(name, Math.max(leastName, width - start.length), 'end')}`;
    });
    return [...lines, this.#describeAll(nowMs, width)];
  }

  #describeAll(nowMs: number, width: number): string {
    const bytes = this.#describeBytes(nowMs);
    const long = `${this.#done} of ${formatCount(this.#versions, 'version')}, ${bytes}`;
    const all = long.length <= width ? long : `${this.#done}/${this.#versions}, ${bytes}`;
    // The bar has what is left.
    const bar = drawBar(this.#bytes, this.#totalBytes, Math.min(width, (width - all.length - 2) * 3));
    return bar.length + all.length + 2 <= width ? `${bar}  ${all}` : all;
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

/** What is left of a name in a narrow terminal. */
const leastName = 8;

/** `1023 KiB` */
const bytesWidth = 8;

/** What a bar takes besides itself: brackets, and a percentage. */
const barRoom = 7;

/**
 * E.g. `[#####...............]  25%`; without a total, an empty one. In a narrow terminal it is shorter, or only the percentage.
 * @param width how wide the line is
 */
function drawBar(bytes: number, totalBytes: number | undefined, width: number): string {
  const barWidth = Math.max(0, Math.min(widestBar, Math.floor(width / 3) - barRoom));
  // Estimates are a little off: never say that it's done before it is.
  const share = totalBytes === undefined || totalBytes === 0 ? 0 : Math.min(0.99, bytes / totalBytes);
  const filled = Math.floor(share * barWidth);
  const percent = totalBytes === undefined || totalBytes === 0 ? '' : `${Math.floor(share * 100)}%`;
  const bar = barWidth < 3 ? '' : `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] `;
  return `${bar}${percent.padStart(3)}`;
}

function sumSizes(steps: readonly Step[], sizes: ReadonlyMap<Step, number>): number {
  return steps.reduce((sum, step) => sum + (sizes.get(step) ?? 0), 0);
}

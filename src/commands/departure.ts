import type { Clock } from '../base/clock.js';
import type { TransferResult } from '../transfer/event.js';
import type { Work } from './carry-out.js';

/** What those who leave together agree on. */
export interface DepartureOptions {
  /** How many are expected. */
  readonly count: number;
  /** For how long the first who is ready waits for the others, once all are connected; undefined for ever. */
  readonly waitMs: number | undefined;
  /** Carries out what there is to do for those who are there. */
  readonly carryOut: (works: readonly Work[]) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Where the works for several receivers meet, to be carried out together. Each of those who are expected joins, or gives up; for one
 * that takes too long the others don't wait.
 */
export class Departure {
  /** Fulfils when it is known who goes, with how many these are. */
  readonly left: Promise<number>;
  /** What went wrong for all of them together. */
  failure: unknown;
  readonly #options: DepartureOptions;
  readonly #joined = new Map<number, Work>();
  readonly #over = new AbortController();
  #expected: number;
  #connecting: number;
  #isWaiting = false;
  #carryingOut: Promise<void> | undefined;
  #tellLeft: ((count: number) => void) | undefined;

  constructor(options: DepartureOptions) {
    this.#options = options;
    this.#expected = options.count;
    this.#connecting = options.count;
    this.left = new Promise((resolve) => {
      this.#tellLeft = resolve;
    });
  }

  /** One is being connected to: a person may have to type a password meanwhile. */
  noteConnecting(opening: Promise<unknown>): void {
    const onEnd = (): void => {
      this.#connecting--;
      this.#look();
    };
    opening.then(onEnd, onEnd);
  }

  /**
   * One is ready.
   * @param position where it stands among all who were expected, whoever is ready first
   * @returns what comes of it; undefined when the others have left already
   */
  async join(work: Omit<Work, 'settle'>, position: number): Promise<TransferResult | undefined> {
    if (this.#carryingOut !== undefined) return undefined;
    const result = new Promise<TransferResult>((resolve) => {
      this.#joined.set(position, { ...work, settle: resolve });
    });
    this.#expected--;
    this.#look();
    return result;
  }

  /** One won't come. */
  giveUp(): void {
    this.#expected--;
    this.#look();
  }

  /** Waits until all is done. @throws what went wrong for all together */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#carryingOut;
    if (this.failure !== undefined) throw this.failure as Error;
  }

  #look(): void {
    const { waitMs, clock } = this.#options;
    if (this.#expected === 0) this.#leave();
    if (waitMs === undefined || this.#isWaiting || this.#connecting > 0 || this.#joined.size === 0) return;
    this.#isWaiting = true;
    const leave = (): void => {
      this.#leave();
    };
    void clock
      .sleep(waitMs, AbortSignal.any([this.#over.signal, this.#options.signal]))
      .then(leave, () => undefined);
  }

  #leave(): void {
    if (this.#carryingOut !== undefined) return;
    this.#over.abort();
    const works = [...this.#joined].sort(([a], [b]) => a - b).map(([, work]) => work);
    this.#tellLeft?.(works.length);
    this.#carryingOut = this.#options.carryOut(works).catch((error: unknown) => {
      this.failure = error;
      const failed = Promise.reject(error instanceof Error ? error : new Error(String(error)));
      // Some may have got their result already.
      failed.catch(() => undefined);
      for (const { settle } of works) settle(failed);
    });
  }
}

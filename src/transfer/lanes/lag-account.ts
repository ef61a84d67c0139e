import type { Clock } from '../../base/clock.js';

/**
 * For how long one receiver has held others back, in all. It may do so in several places at once; such time counts once.
 */
export class LagAccount {
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** Where it holds others back at the moment. */
  readonly #places = new Set<object>();
  #sinceMs = 0;
  #sumMs = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Notes whether others wait for it in one place, now and until it is noted otherwise. */
  setAwaited(place: object, isAwaited: boolean): void {
    if (isAwaited === this.#places.has(place)) return;
    const nowMs = this.#clock.nowMs();
    if (this.#places.size > 0) this.#sumMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
    if (isAwaited) this.#places.add(place);
    else this.#places.delete(place);
  }

  /** Milliseconds so far. */
  get heldMs(): number {
    return this.#sumMs + (this.#places.size > 0 ? this.#clock.nowMs() - this.#sinceMs : 0);
  }
}

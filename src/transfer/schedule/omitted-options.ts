import type { Leg } from '../lanes/lane-script.js';
import { poolOf } from '../../zfs/names.js';
import type { StreamOption } from '../../zfs/send.js';

/** Which of the usual options are left out of the streams to a receiver's pools, as these have refused them. */
export class OmittedOptions {
  readonly #ofPools = new Map<string, readonly StreamOption[]>();

  /** The legs as the pools take them, as far as that is known. */
  adapt(legs: readonly Leg[]): readonly Leg[] {
    return legs.map((leg) => {
      const { raw, destination } = leg.chain;
      const omitted = raw ? undefined : this.#ofPools.get(poolOf(destination));
      return omitted === undefined ? leg : { ...leg, omitted };
    });
  }

  /**
   * Notes which options a pool didn't take, where a stream has arrived without them: the next ones needn't be refused first.
   * @param legs those that have arrived
   * @returns the pools that it is now known of that they take no resumable receives
   */
  learn(legs: readonly Leg[]): string[] {
    const unresumable: string[] = [];
    for (const { chain, omitted } of legs) {
      const pool = poolOf(chain.destination);
      // Without -L nothing is left that one dataset may need and another one not.
      if (!omitted.includes('-L') || chain.omitted.includes('-L') || this.#ofPools.has(pool)) continue;
      this.#ofPools.set(pool, omitted);
      if (omitted.includes('-s')) unresumable.push(pool);
    }
    return unresumable;
  }
}

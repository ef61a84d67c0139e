import type { Chain } from '../../plan/plan.js';
import { isWithin } from '../../zfs/names.js';

/**
 * The chains that are still to be sent to a receiver, in the order of the plan, and which of them can go now: a clone waits for its
 * origin, a dataset for what it lies below.
 */
export class ChainQueue {
  #waiting: Set<Chain>;
  /** What has come, by full name on the receiver: datasets and snapshots. */
  readonly #arrived = new Set<string>();

  constructor(chains: readonly Chain[]) {
    this.#waiting = new Set(chains);
  }

  /**
   * Takes a lane's share of the chains that can go now, when they are spread over so many lanes.
   * @param mayGo leaves out chains that are not to go yet for another reason
   */
  takeShare(lanes: number, mayGo: (chain: Chain) => boolean = () => true): Chain[] {
    const ready = [...this.#waiting].filter((chain) => this.isReady(chain) && mayGo(chain));
    const taken = chooseShare(ready, lanes, (chain) => [chain]);
    this.take(taken);
    return taken;
  }

  /** Takes chains, however ready they are. */
  take(chains: readonly Chain[]): void {
    for (const chain of chains) this.#waiting.delete(chain);
  }

  /** Gives back chains that were taken and not begun. */
  giveBack(chains: readonly Chain[]): void {
    this.#waiting = new Set([...chains, ...this.#waiting]);
  }

  /** Whether a chain is waiting here, and can go now. */
  isReady(chain: Chain): boolean {
    return this.#waiting.has(chain) && this.findMissing(chain) === undefined;
  }

  /** The first thing that a chain waits for and that hasn't come. */
  findMissing({ after }: Chain): string | undefined {
    return after.find((name) => !this.#arrived.has(name));
  }

  /** Notes that a step of a chain is done. */
  noteArrival({ destination }: Chain, snapshotName: string): void {
    this.#arrived.add(destination);
    this.#arrived.add(`${destination}@${snapshotName}`);
  }

  /** Drops the chains that would go below a dataset. */
  dropBelow(dataset: string): Chain[] {
    const dropped = [...this.#waiting].filter(({ destination }) => isWithin(destination, dataset));
    this.take(dropped);
    return dropped;
  }

  /** Everything that is left. */
  drain(): readonly Chain[] {
    const left = [...this.#waiting];
    this.#waiting.clear();
    return left;
  }
}

/**
 * Chooses a lane's share of what can go now, from its beginning, when it is spread over so many lanes. What destroys something first
 * goes alone.
 * @param chainsOf an item's chains: several when it goes to several receivers, with the same steps
 */
export function chooseShare<T>(
  ready: readonly T[],
  lanes: number,
  chainsOf: (item: T) => readonly Chain[],
): T[] {
  const countSteps = (items: readonly T[]): number =>
    items.reduce((sum, item) => sum + (chainsOf(item)[0]?.steps.length ?? 0), 0);
  const share = countSteps(ready) / lanes;
  const chosen: T[] = [];
  for (const item of ready) {
    const goesAlone = chainsOf(item).some(({ preparation }) => preparation !== undefined);
    if (chosen.length > 0 && (goesAlone || countSteps(chosen) >= share)) break;
    chosen.push(item);
    if (goesAlone) break;
  }
  return chosen;
}

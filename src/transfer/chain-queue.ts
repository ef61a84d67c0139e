import type { Chain } from '../plan/plan.js';
import { isWithin } from '../zfs/names.js';

/**
 * The chains that are still to be sent, in the order of the plan, and which of them can go now: a clone waits for its origin,
 * a dataset for what it lies below.
 */
export class ChainQueue {
  #waiting: readonly Chain[];
  /** What has come, by full name on the receiver: datasets and snapshots. */
  readonly #arrived = new Set<string>();

  constructor(chains: readonly Chain[]) {
    this.#waiting = chains;
  }

  /**
   * Takes a lane's share of the chains that can go now, when they are spread over so many lanes. One that destroys something
   * first goes alone.
   */
  takeShare(lanes: number): Chain[] {
    const ready = this.#ready();
    const share = countSteps(ready) / lanes;
    const taken: Chain[] = [];
    for (const chain of ready) {
      const goesAlone = chain.preparation !== undefined;
      if (taken.length > 0 && (goesAlone || countSteps(taken) >= share)) break;
      taken.push(chain);
      if (goesAlone) break;
    }
    this.#remove(taken);
    return taken;
  }

  /** Gives back chains that were taken and not begun. */
  giveBack(chains: readonly Chain[]): void {
    this.#waiting = [...chains, ...this.#waiting];
  }

  /** Notes that a step of a chain is done. */
  noteArrival({ destination }: Chain, snapshotName: string): void {
    this.#arrived.add(destination);
    this.#arrived.add(`${destination}@${snapshotName}`);
  }

  /** Drops the chains that would go below a dataset. */
  dropBelow(dataset: string): Chain[] {
    const dropped = this.#waiting.filter(({ destination }) => isWithin(destination, dataset));
    this.#remove(dropped);
    return dropped;
  }

  /** Everything that is left. */
  drain(): readonly Chain[] {
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }

  #ready(): Chain[] {
    return this.#waiting.filter(({ after }) => after === undefined || this.#arrived.has(after));
  }

  #remove(chains: readonly Chain[]): void {
    const removed = new Set(chains);
    this.#waiting = this.#waiting.filter((chain) => !removed.has(chain));
  }
}

function countSteps(chains: readonly Chain[]): number {
  return chains.reduce((sum, chain) => sum + chain.steps.length, 0);
}

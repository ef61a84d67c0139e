import type { Chain } from '../../plan/plan.js';
import type { Point } from '../../streamline/dataset.js';
import type { TransferEvent } from '../event.js';

/**
 * Which chains of a plan are under way, and how far they have come. Those of events may be parts of the plan's, with steps that are sent
 * otherwise: what they share are the dataset and its snapshots. Where several receivers are to get the same, it doesn't matter which one
 * has got it: what the others go on from is the same for each of them.
 */
export class ChainProgress {
  readonly #chains: readonly Chain[];
  readonly #bySource = new Map<string, Chain[]>();
  /** How many steps of a chain have come. */
  readonly #come = new Map<Chain, number>();
  readonly #bases = new Map<Chain, readonly Point[]>();
  readonly #passed = new Map<Chain, readonly Point[]>();
  /** When chains began, or parts of them. */
  readonly #startsMs = new Map<Chain, number>();
  #arrived: Chain[] = [];
  #missingStepCount = 0;

  constructor(chains: readonly Chain[]) {
    this.#chains = chains;
    for (const chain of chains) {
      this.#missingStepCount += chain.steps.length;
      const others = this.#bySource.get(chain.source);
      if (others === undefined) this.#bySource.set(chain.source, [chain]);
      else others.push(chain);
    }
  }

  /** Whether all steps have come. */
  get isComplete(): boolean {
    return this.#missingStepCount === 0;
  }

  /** Takes what happens to the chains. */
  follow(event: TransferEvent, nowMs: number): void {
    if (event.kind === 'step-started' && !this.#startsMs.has(event.chain)) {
      this.#startsMs.set(event.chain, nowMs);
    }
    if (event.kind === 'step-done') {
      this.#missingStepCount -= 1;
      this.#noteArrival(event.chain, event.step.to);
    }
    const isDone = event.kind === 'step-done' && event.step === event.chain.steps.at(-1);
    if (isDone) this.#arrived.push(event.chain);
    if (isDone || event.kind === 'step-failed' || event.kind === 'step-stopped') {
      this.#startsMs.delete(event.chain);
    }
  }

  /** The chains of the plan that have more to come, and of which something began before a time, or then, and isn't done. */
  findBegunBefore(timeMs: number): Chain[] {
    const begun = [...this.#startsMs].filter(([, startMs]) => startMs <= timeMs);
    const sources = new Set(begun.map(([{ source }]) => source));
    return this.findUnfinished().filter(({ source }) => sources.has(source));
  }

  /** The chains of the plan that have more to come. */
  findUnfinished(): Chain[] {
    return this.#chains.filter((chain) => this.#comeOf(chain) < chain.steps.length);
  }

  /** Lets a chain go on from the newest snapshot that has come, from now on. */
  advance(chain: Chain): void {
    const newest = chain.steps[this.#comeOf(chain) - 1]?.to;
    const bases = this.basesOf(chain);
    if (newest === undefined || bases.some(({ guid }) => guid === newest.guid)) return;
    this.#passed.set(chain, [...this.passedOf(chain), ...bases]);
    this.#bases.set(chain, [newest]);
  }

  /** What a chain goes on from, since it was advanced. */
  basesOf(chain: Chain): readonly Point[] {
    return this.#bases.get(chain) ?? firstBasesOf(chain);
  }

  /** What a chain went on from before it was advanced. */
  passedOf(chain: Chain): readonly Point[] {
    return this.#passed.get(chain) ?? [];
  }

  /** What a chain goes on from, and its last version: what lies between them may go, and the chain goes on without. */
  endsOf(chain: Chain): Point[] {
    return [...this.basesOf(chain), lastOf(chain)];
  }

  /** The chains, or parts, that have come since it was asked last. */
  takeArrived(): Chain[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }

  #noteArrival({ source }: Chain, { guid }: Point): void {
    const isNext = (chain: Chain): boolean => chain.steps[this.#comeOf(chain)]?.to.guid === guid;
    const chain = this.#bySource.get(source)?.find(isNext);
    if (chain !== undefined) this.#come.set(chain, this.#comeOf(chain) + 1);
  }

  #comeOf(chain: Chain): number {
    return this.#come.get(chain) ?? 0;
  }
}

/** What has to be there for a chain to begin. */
export function firstBasesOf({ steps: [first] }: Chain): Point[] {
  if (first.kind === 'resume') return [first.to];
  return 'from' in first ? [first.from] : [];
}

/** The last snapshot that a chain brings. */
export function lastOf({ steps: [first, ...rest] }: Chain): Point {
  return rest.at(-1)?.to ?? first.to;
}

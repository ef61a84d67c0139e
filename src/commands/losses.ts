import type { Plan } from '../plan/plan.js';
import { describeDeletes, describePreparation } from '../report/plan/describe-plan.js';

/** Something that a plan destroys on its receiver. */
export interface Loss {
  readonly line: string;
  /** What makes it another one than one of the same words: sizes are rounded in these. */
  readonly key: string;
}

/** What a transfer may destroy: once is enough to be asked, however often it is tried. */
export class Losses {
  readonly #confirmed = new Set<string>();

  /** What a plan would destroy that isn't confirmed yet. */
  findUnconfirmed(plan: Plan, receiverName: string): Loss[] {
    const ofChains = plan.chains.flatMap((chain): Loss[] => {
      const { preparation } = chain;
      const bytes = preparation === undefined || preparation.kind === 'abort' ? 0 : preparation.writtenBytes;
      return describePreparation(chain, receiverName).map((line) => ({ line, key: `${line} ${bytes}` }));
    });
    const ofDeletes = describeDeletes(plan, receiverName).map((line) => ({ line, key: line }));
    return [...ofChains, ...ofDeletes].filter(({ key }) => !this.#confirmed.has(key));
  }

  /** The person has said yes to these. */
  confirm(losses: readonly Loss[]): void {
    for (const { key } of losses) this.#confirmed.add(key);
  }
}

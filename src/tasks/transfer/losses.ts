import type { Plan } from '../../plan/plan.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import type { Loss } from '../loss.js';

/** What a transfer may destroy: once is enough to be asked, however often it is tried. */
export class ConfirmedLosses {
  readonly #confirmed = new Set<string>();

  /** What a plan would destroy that isn't confirmed yet. @param host what the receiver is called */
  findUnconfirmed(plan: Plan, host: string): Loss[] {
    return findLosses(plan, host).filter((loss) => identify(loss).some((each) => !this.#confirmed.has(each)));
  }

  /** The person has said yes to these. */
  confirm(losses: readonly Loss[]): void {
    for (const loss of losses) for (const each of identify(loss)) this.#confirmed.add(each);
  }
}

/** All that a plan destroys on its receiver. */
function findLosses({ chains, deletes = [] }: Plan, host: string): Loss[] {
  return [
    ...chains.flatMap((chain): Loss[] => {
      const kind = chain.preparation?.kind;
      return kind === 'rollback' || kind === 'replace' ? [{ kind: 'preparation', host, chain }] : [];
    }),
    ...deletes.map((destruction): Loss => ({ kind: 'deletion', host, destruction })),
  ];
}

/** What exactly is lost, a text for each thing: what has come to it since it was confirmed makes it another one. */
function identify(loss: Loss): string[] {
  const toKey = (point: Point): string => `${fullNameOf(point)} ${point.guid}`;
  switch (loss.kind) {
    case 'preparation': {
      const { destination, preparation } = loss.chain;
      if (preparation?.kind !== 'rollback' && preparation?.kind !== 'replace') return [];
      const bookmarks = preparation.kind === 'rollback' ? preparation.bookmarks : [];
      const whole = `${preparation.kind} ${destination} ${preparation.writtenBytes}`;
      return [whole, ...[...preparation.destroys, ...bookmarks].map(toKey)];
    }
    case 'deletion':
      return loss.destruction.snapshots.map(toKey);
    case 'partial':
      return [`partial ${loss.dataset}`];
    case 'leftover':
      return [JSON.stringify(loss.leftover)];
  }
}

import type { Platform } from '../../src/tasks/surroundings.js';
import type { HoldRecord } from '../../src/transfer/protection/hold-journal.js';

/** Where the runs on one simulated host write their holds down. */
export class SimJournal {
  readonly #records = new Map<string, { readonly record: HoldRecord; readonly isInUse: () => boolean }>();

  /** What is written down. */
  get records(): readonly HoldRecord[] {
    return [...this.#records.values()].map(({ record }) => record);
  }

  /** The journal as a run sees it. @param isAlive whether the run is still there; what it writes after its end is lost */
  open(isAlive: () => boolean): Platform['holdJournal'] {
    const own = new Set<string>();
    const isInUse = (tag: string) => (): boolean => isAlive() && own.has(tag);
    return {
      write: (record) => {
        own.add(record.tag);
        if (isAlive()) this.#records.set(record.tag, { record, isInUse: isInUse(record.tag) });
        return Promise.resolve(isAlive());
      },
      leave: (tag) => {
        own.delete(tag);
      },
      remove: (tag) => {
        own.delete(tag);
        if (isAlive()) this.#records.delete(tag);
        return Promise.resolve();
      },
      findLeft: () => {
        const left = [...this.#records.values()].filter((entry) => !entry.isInUse());
        // An hour, after which nothing takes holds any more, is too long to wait for here.
        return Promise.resolve(left.map(({ record }) => ({ ...record, isSettled: record.isTaken })));
      },
    };
  }
}

import type { Surroundings } from '../../src/commands/surroundings.js';
import type { HoldRecord } from '../../src/transfer/hold-journal.js';

/** Where the runs on one simulated host write their holds down. */
export class SimJournal {
  readonly #records = new Map<string, { readonly record: HoldRecord; readonly isAlive: () => boolean }>();

  /** What is written down. */
  get records(): readonly HoldRecord[] {
    return [...this.#records.values()].map(({ record }) => record);
  }

  /** The journal as a run sees it. @param isAlive whether the run is still there; what it writes after its end is lost */
  open(isAlive: () => boolean): Surroundings['holdJournal'] {
    return {
      write: (record) => {
        if (isAlive()) this.#records.set(record.tag, { record, isAlive });
        return Promise.resolve(isAlive());
      },
      remove: (tag) => {
        if (isAlive()) this.#records.delete(tag);
        return Promise.resolve();
      },
      findLeft: (host) => {
        const left = [...this.#records.values()].filter(
          (entry) => entry.record.host === host && !entry.isAlive(),
        );
        return Promise.resolve(left.map(({ record }) => record));
      },
    };
  }
}

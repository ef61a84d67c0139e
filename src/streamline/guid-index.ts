import type { Datasets, Snapshot } from './dataset.js';

/**
 * Which snapshots have a GUID: several when a host has copies of one dataset. Most have one, and a host may have millions:
 * those take no list of their own.
 */
export class GuidIndex {
  readonly #byGuid = new Map<bigint, Snapshot | readonly Snapshot[]>();

  /** The snapshots with this GUID, in the order in which they were added. */
  find(guid: bigint): readonly Snapshot[] {
    const found = this.#byGuid.get(guid);
    if (found === undefined) return [];
    return isList(found) ? found : [found];
  }

  has(guid: bigint): boolean {
    return this.#byGuid.has(guid);
  }

  /** Adds the snapshots of all datasets to an empty index. */
  fill(datasets: Datasets): void {
    let count = 0;
    for (const { snapshots } of datasets.values()) {
      count += snapshots.length;
      for (const snapshot of snapshots) this.#byGuid.set(snapshot.guid, snapshot);
    }
    // Hardly ever does a host have copies: only then is it looked up, each time, what was there before.
    if (this.#byGuid.size === count) return;
    this.#byGuid.clear();
    for (const { snapshots } of datasets.values()) for (const snapshot of snapshots) this.add(snapshot);
  }

  add(snapshot: Snapshot): void {
    const found = this.#byGuid.get(snapshot.guid);
    this.#byGuid.set(snapshot.guid, found === undefined ? snapshot : [...this.find(snapshot.guid), snapshot]);
  }

  /** Forgets the snapshot with this GUID in one dataset. */
  remove(guid: bigint, dataset: string): void {
    const rest = this.find(guid).filter((snapshot) => snapshot.dataset !== dataset);
    if (rest.length === 0) this.#byGuid.delete(guid);
    else this.#byGuid.set(guid, rest);
  }
}

function isList(found: Snapshot | readonly Snapshot[]): found is readonly Snapshot[] {
  return Array.isArray(found);
}

import type { Datasets, Snapshot } from './dataset.js';

/** The snapshots of a host by GUID: several have the same one when the host has copies of a dataset. */
export class GuidIndex {
  readonly #listed: GuidTable;
  /** What is known of a GUID since the datasets were listed, and of one that several snapshots have. */
  readonly #others = new Map<bigint, readonly Snapshot[]>();

  constructor(datasets: Datasets) {
    let count = 0;
    for (const { snapshots } of datasets.values()) count += snapshots.length;
    this.#listed = new GuidTable(count);
    for (const { snapshots } of datasets.values()) {
      for (const snapshot of snapshots) {
        const first = this.#listed.addIfNew(snapshot);
        if (first !== snapshot) this.add(snapshot);
      }
    }
  }

  /** The snapshots with this GUID, in the order in which they were added. */
  find(guid: bigint): readonly Snapshot[] {
    const others = this.#others.get(guid);
    if (others !== undefined) return others;
    const listed = this.#listed.find(guid);
    return listed === undefined ? [] : [listed];
  }

  has(guid: bigint): boolean {
    return this.find(guid).length > 0;
  }

  add(snapshot: Snapshot): void {
    this.#others.set(snapshot.guid, [...this.find(snapshot.guid), snapshot]);
  }

  /** Forgets the snapshot with this GUID in one dataset. */
  remove(guid: bigint, dataset: string): void {
    this.#others.set(
      guid,
      this.find(guid).filter((snapshot) => snapshot.dataset !== dataset),
    );
  }
}

/**
 * One snapshot a GUID, for the millions that a host may have: a hash table of a fixed size with open addressing, which is filled
 * in a third of the time of a `Map` with such keys (`npm run bench:plan`). GUIDs are random already.
 */
class GuidTable {
  /** For each place, the number of its snapshot from 1; 0 where there is none. At most half of them are taken. */
  readonly #places: Int32Array;
  readonly #snapshots: Snapshot[] = [];

  constructor(capacity: number) {
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(capacity + 1) + 1));
  }

  find(guid: bigint): Snapshot | undefined {
    return this.#snapshots[(this.#places[this.#findPlace(guid)] ?? 0) - 1];
  }

  /** Adds a snapshot unless one with its GUID is there. @returns the one that is there now */
  addIfNew(snapshot: Snapshot): Snapshot {
    const place = this.#findPlace(snapshot.guid);
    const known = this.#snapshots[(this.#places[place] ?? 0) - 1];
    if (known !== undefined) return known;
    this.#places[place] = this.#snapshots.push(snapshot);
    return snapshot;
  }

  /** The place of a GUID, or the free one where it would be. */
  #findPlace(guid: bigint): number {
    const mask = this.#places.length - 1;
    for (let place = hash(guid) & mask; ; place = (place + 1) & mask) {
      const number = this.#places[place] ?? 0;
      if (number === 0 || this.#snapshots[number - 1]?.guid === guid) return place;
    }
  }
}

/** Both halves, mixed: GUIDs are random, unless somebody makes them up. */
function hash(guid: bigint): number {
  const [low, high] = [Number(BigInt.asUintN(32, guid)), Number(guid >> 32n)];
  const mixed = Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

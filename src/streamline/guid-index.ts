import type { Datasets, Snapshot } from './dataset.js';

/** The snapshots of a host by GUID: several have the same one when the host has copies of a dataset. */
export class GuidIndex {
  /** The first one with each GUID. */
  readonly #first: GuidTable;
  /** What is known of a GUID that several snapshots have, or had. */
  readonly #several = new Map<bigint, readonly Snapshot[]>();

  constructor(datasets: Datasets) {
    let count = 0;
    for (const { snapshots } of datasets.values()) count += snapshots.length;
    this.#first = new GuidTable(count);
    for (const { snapshots } of datasets.values()) {
      for (const snapshot of snapshots) this.add(snapshot);
    }
  }

  /** The snapshots with this GUID, in the order in which they were added. */
  find(guid: bigint): readonly Snapshot[] {
    const several = this.#several.get(guid);
    if (several !== undefined) return several;
    const first = this.#first.find(guid);
    return first === undefined ? [] : [first];
  }

  has(guid: bigint): boolean {
    return this.find(guid).length > 0;
  }

  add(snapshot: Snapshot): void {
    const isFirst = !this.#several.has(snapshot.guid) && this.#first.addIfNew(snapshot) === snapshot;
    if (isFirst) return;
    this.#several.set(snapshot.guid, [...this.find(snapshot.guid), snapshot]);
  }

  /** Forgets the snapshot with this GUID in one dataset. */
  remove(guid: bigint, dataset: string): void {
    this.#several.set(
      guid,
      this.find(guid).filter((snapshot) => snapshot.dataset !== dataset),
    );
  }
}

/**
 * One snapshot a GUID, for the millions that a host may have: a hash table with open addressing, which is filled in a third of the time
 * of a `Map` with such keys (`npm run bench:plan`). GUIDs are random already.
 */
class GuidTable {
  /** For each place, the number of its snapshot from 1; 0 where there is none. At most half of them are taken. */
  #places: Int32Array;
  readonly #snapshots: Snapshot[] = [];

  /** @param expected how many there will be, most likely */
  constructor(expected: number) {
    this.#places = makePlaces(expected);
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
    if (this.#snapshots.length * 2 > this.#places.length) this.#grow();
    return snapshot;
  }

  #grow(): void {
    this.#places = makePlaces(this.#snapshots.length * 2);
    for (const [index, { guid }] of this.#snapshots.entries()) {
      this.#places[this.#findPlace(guid)] = index + 1;
    }
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

/** Free places, at least twice as many as there are to be taken. */
function makePlaces(taken: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(taken + 1) + 1));
}

/** Both halves, mixed: GUIDs are random, unless somebody makes them up. */
function hash(guid: bigint): number {
  const [low, high] = [Number(BigInt.asUintN(32, guid)), Number(guid >> 32n)];
  const mixed = Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

import { fullNameOf, type Dataset, type Datasets, type Snapshot } from '../streamline/dataset.js';
import { ancestorsOf } from '../zfs/names.js';

/** Where a snapshot is, or will be, on the receiver. */
export interface Copy {
  readonly dataset: string;
  readonly fullName: string;
}

/** The receiver as it will be once the chains planned so far are done. */
export class ReceiverModel {
  readonly #datasets: Datasets;
  readonly #copiesByGuid = new Map<bigint, Copy[]>();
  /** What chains planned so far bring, by destination, oldest first. */
  readonly #planned = new Map<string, { source: string; snapshots: Snapshot[] }>();
  readonly #parents = new Set<string>();

  constructor(datasets: Datasets) {
    this.#datasets = datasets;
    for (const dataset of datasets.values()) {
      for (const snapshot of dataset.snapshots) {
        this.#addCopy(snapshot.guid, dataset.name, fullNameOf(snapshot));
      }
    }
  }

  /** Every place that has, or will have, this very snapshot. */
  findCopies(guid: bigint): readonly Copy[] {
    return this.#copiesByGuid.get(guid) ?? [];
  }

  /** What a dataset has, and will have, after one of its snapshots; newest first. */
  findNewerThan(guid: bigint, dataset: string): readonly Snapshot[] {
    const snapshots = [
      ...(this.findDataset(dataset)?.snapshots ?? []),
      ...(this.#planned.get(dataset)?.snapshots ?? []),
    ];
    return snapshots.slice(snapshots.findIndex((snapshot) => snapshot.guid === guid) + 1).reverse();
  }

  /** A dataset that is there already. */
  findDataset(name: string): Dataset | undefined {
    return this.#datasets.get(name);
  }

  /** The sender's dataset whose chain goes to this destination. */
  findPlannedSource(destination: string): string | undefined {
    return this.#planned.get(destination)?.source;
  }

  /** The datasets above the new ones that have to be made, outermost first. */
  get parents(): readonly string[] {
    return [...this.#parents].sort();
  }

  /** Notes that a chain will bring these snapshots of `source`, in this order, to a destination. */
  addPlanned(source: string, destination: string, snapshots: readonly Snapshot[]): void {
    const planned = this.#planned.get(destination);
    if (planned === undefined) this.#planned.set(destination, { source, snapshots: [...snapshots] });
    else planned.snapshots.push(...snapshots);
    for (const parent of ancestorsOf(destination)) {
      if (!this.#datasets.has(parent) && !this.#planned.has(parent)) this.#parents.add(parent);
    }
    for (const { guid, name } of snapshots) this.#addCopy(guid, destination, `${destination}@${name}`);
  }

  #addCopy(guid: bigint, dataset: string, fullName: string): void {
    const copies = this.#copiesByGuid.get(guid);
    if (copies === undefined) this.#copiesByGuid.set(guid, [{ dataset, fullName }]);
    else copies.push({ dataset, fullName });
  }
}

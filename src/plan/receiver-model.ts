import { fullNameOf, type Dataset, type Datasets, type Snapshot } from '../streamline/dataset.js';
import { ancestorsOf, isWithin } from '../zfs/names.js';

/** Where a snapshot is, or will be, on the receiver. */
export interface Copy {
  readonly dataset: string;
  readonly fullName: string;
}

/** The receiver as it will be once the chains planned so far are done. */
export class ReceiverModel {
  readonly #datasets: Datasets;
  /** The snapshots of datasets that are not any more as they were listed, oldest first. */
  readonly #changed = new Map<string, readonly Snapshot[]>();
  readonly #copiesByGuid = new Map<bigint, Copy[]>();
  /** The sender's dataset whose chain goes to a destination. */
  readonly #sources = new Map<string, string>();
  /** Which datasets are cloned from a dataset, by the snapshot's full name. */
  readonly #clones = new Map<string, string[]>();
  readonly #partials = new Map<bigint, Dataset>();
  /** Full names of the snapshots that chains bring. */
  readonly #plannedNames = new Set<string>();
  readonly #parents = new Set<string>();

  constructor(datasets: Datasets) {
    this.#datasets = datasets;
    for (const dataset of datasets.values()) {
      for (const snapshot of dataset.snapshots) {
        this.#addCopy(snapshot.guid, dataset.name, fullNameOf(snapshot));
      }
      if (dataset.origin !== undefined) this.#addClone(dataset.origin, dataset.name);
      const toGuid = dataset.partial?.content?.toGuid;
      if (toGuid !== undefined) this.#partials.set(toGuid, dataset);
    }
  }

  /** Every place that has, or will have, this very snapshot. */
  findCopies(guid: bigint): readonly Copy[] {
    return this.#copiesByGuid.get(guid) ?? [];
  }

  /** What a dataset has, and will have, after one of its snapshots; newest first. */
  findNewerThan(guid: bigint, dataset: string): readonly Snapshot[] {
    const snapshots = this.#snapshotsOf(dataset);
    return snapshots.slice(snapshots.findLastIndex((snapshot) => snapshot.guid === guid) + 1).reverse();
  }

  /** A dataset that is there already, and stays. */
  findDataset(name: string): Dataset | undefined {
    return this.#datasets.get(name);
  }

  /** The dataset into which the receive of a snapshot was interrupted. */
  findPartialOf(guid: bigint): Dataset | undefined {
    return this.#partials.get(guid);
  }

  /** The sender's dataset whose chain goes to this destination. */
  findPlannedSource(destination: string): string | undefined {
    return this.#sources.get(destination);
  }

  /** Datasets that are, or will be, clones of these snapshots. */
  findClones(snapshots: readonly Snapshot[]): readonly string[] {
    return snapshots.flatMap((snapshot) => this.#clones.get(fullNameOf(snapshot)) ?? []);
  }

  /** What keeps a dataset from being destroyed alone: what lies below it, and clones of it. */
  findDependents(name: string): readonly string[] {
    const below = [...this.#datasets.keys(), ...this.#sources.keys()].filter(
      (other) => other !== name && isWithin(other, name),
    );
    return [...below, ...this.findClones(this.#snapshotsOf(name))];
  }

  /** Whether a dataset will be made only so that others have a place. */
  isParent(name: string): boolean {
    return this.#parents.has(name);
  }

  /** The datasets above a new one that aren't there yet, nor will be by then, outermost first. */
  findMissingParents(destination: string): readonly string[] {
    return ancestorsOf(destination).filter(
      (parent) => !this.#datasets.has(parent) && !this.#sources.has(parent) && !this.#parents.has(parent),
    );
  }

  /** Notes that only the snapshots up to one stay of a dataset; none when it is left out. */
  addCut(dataset: string, upTo?: bigint): void {
    const snapshots = this.#snapshotsOf(dataset);
    const kept = snapshots.slice(0, snapshots.findLastIndex((snapshot) => snapshot.guid === upTo) + 1);
    for (const { guid } of snapshots.slice(kept.length)) {
      const copies = this.findCopies(guid).filter((copy) => copy.dataset !== dataset);
      this.#copiesByGuid.set(guid, copies);
    }
    this.#changed.set(dataset, kept);
  }

  /** Notes that a chain will bring these snapshots of `source`, in this order, to a destination. */
  addPlanned(source: string, destination: string, snapshots: readonly Snapshot[], origin?: string): void {
    this.#changed.set(destination, [
      ...this.#snapshotsOf(destination),
      ...snapshots.map((snapshot) => ({ ...snapshot, dataset: destination })),
    ]);
    this.#sources.set(destination, this.#sources.get(destination) ?? source);
    if (origin !== undefined) this.#addClone(origin, destination);
    for (const parent of this.findMissingParents(destination)) this.#parents.add(parent);
    for (const { guid, name } of snapshots) {
      this.#addCopy(guid, destination, `${destination}@${name}`);
      this.#plannedNames.add(`${destination}@${name}`);
    }
  }

  /** Whether a snapshot isn't there yet, but an earlier chain brings it. */
  isPlanned(fullName: string): boolean {
    return this.#plannedNames.has(fullName);
  }

  #snapshotsOf(dataset: string): readonly Snapshot[] {
    return this.#changed.get(dataset) ?? this.#datasets.get(dataset)?.snapshots ?? [];
  }

  #addClone(origin: string, clone: string): void {
    const clones = this.#clones.get(origin);
    if (clones === undefined) this.#clones.set(origin, [clone]);
    else clones.push(clone);
  }

  #addCopy(guid: bigint, dataset: string, fullName: string): void {
    const copies = this.#copiesByGuid.get(guid);
    if (copies === undefined) this.#copiesByGuid.set(guid, [{ dataset, fullName }]);
    else copies.push({ dataset, fullName });
  }
}

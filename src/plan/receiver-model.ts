import { fullNameOf, type Dataset, type Datasets, type Snapshot } from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { ancestorsOf, isWithin } from '../zfs/names.js';
import type { Encryption } from './arrival.js';

/** The receiver as it will be once the chains planned so far are done. */
export class ReceiverModel {
  readonly #datasets: Datasets;
  /** The snapshots of datasets that are not any more as they were listed, oldest first. */
  readonly #changed = new Map<string, readonly Snapshot[]>();
  readonly #copies: GuidIndex;
  /** The sender's dataset whose chain goes to a destination. */
  readonly #sources = new Map<string, string>();
  /** Which datasets are cloned from a dataset, by the snapshot's full name. */
  readonly #clones = new Map<string, string[]>();
  readonly #partials = new Map<bigint, Dataset>();
  /** The snapshots that chains bring. */
  readonly #planned = new Set<Snapshot>();
  readonly #parents = new Set<string>();
  /** What datasets will be that chains bring. */
  readonly #encryption = new Map<string, Encryption>();
  readonly #types = new Map<string, Dataset['type']>();

  constructor(datasets: Datasets) {
    this.#datasets = datasets;
    this.#copies = new GuidIndex(datasets);
    for (const dataset of datasets.values()) {
      if (dataset.origin !== undefined) this.#addClone(dataset.origin, dataset.name);
      const toGuid = dataset.partial?.content?.toGuid;
      if (toGuid !== undefined) this.#partials.set(toGuid, dataset);
    }
  }

  /** The datasets that were there before. */
  get datasets(): Datasets {
    return this.#datasets;
  }

  /** This very snapshot everywhere on the receiver where it is, or will be. */
  findCopies(guid: bigint): readonly Snapshot[] {
    return this.#copies.find(guid);
  }

  /** Whether the receiver has, or will have, this very snapshot. */
  has(guid: bigint): boolean {
    return this.#copies.has(guid);
  }

  /** Whether a snapshot of the receiver stays where it is. */
  keeps({ guid, dataset }: Snapshot): boolean {
    return this.findCopies(guid).some((copy) => copy.dataset === dataset);
  }

  /** What a dataset has, and will have, after one of its snapshots; newest first. */
  findNewerThan(guid: bigint, dataset: string): readonly Snapshot[] {
    const snapshots = this.#snapshotsOf(dataset);
    return snapshots.slice(snapshots.findLastIndex((snapshot) => snapshot.guid === guid) + 1).reverse();
  }

  /** What a dataset has, and will have, up to one of its snapshots, and with it; oldest first. */
  findUpTo(guid: bigint, dataset: string): readonly Snapshot[] {
    const snapshots = this.#snapshotsOf(dataset);
    return snapshots.slice(0, snapshots.findLastIndex((snapshot) => snapshot.guid === guid) + 1);
  }

  /** What a dataset has, and will have; oldest first. */
  findSnapshots(dataset: string): readonly Snapshot[] {
    return this.#snapshotsOf(dataset);
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
    return [...this.findBelow(name), ...this.findClones(this.#snapshotsOf(name))];
  }

  /** What lies, or will lie, below a dataset. */
  findBelow(name: string): readonly string[] {
    return [...this.#datasets.keys(), ...this.#sources.keys()].filter(
      (other) => other !== name && isWithin(other, name),
    );
  }

  /** Whether a dataset has this name, or will have it. */
  isTaken(name: string): boolean {
    return this.#datasets.has(name) || this.#sources.has(name) || this.#parents.has(name);
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
    for (const { guid } of snapshots.slice(kept.length)) this.#copies.remove(guid, dataset);
    this.#changed.set(dataset, kept);
  }

  /** Notes that a chain will bring these snapshots of `source`, in this order, to a destination. */
  addPlanned(source: string, destination: string, snapshots: readonly Snapshot[], origin?: string): void {
    const arriving = snapshots.map((snapshot) => ({ ...snapshot, dataset: destination }));
    this.#changed.set(destination, [...this.#snapshotsOf(destination), ...arriving]);
    this.#sources.set(destination, this.#sources.get(destination) ?? source);
    if (origin !== undefined) this.#addClone(origin, destination);
    for (const parent of this.findMissingParents(destination)) this.#parents.add(parent);
    for (const snapshot of arriving) {
      this.#copies.add(snapshot);
      this.#planned.add(snapshot);
    }
  }

  /** Notes what a dataset will be that a chain brings. */
  noteEncryption(dataset: string, encryption: Encryption): void {
    this.#encryption.set(dataset, encryption);
  }

  /** Notes of what type a dataset will be that a chain brings. */
  noteType(dataset: string, type: Dataset['type']): void {
    this.#types.set(dataset, type);
  }

  /** Whether a dataset is, or will be, a volume, which nothing can be below. */
  isVolume(name: string): boolean {
    return (this.#types.get(name) ?? this.#datasets.get(name)?.type) === 'volume';
  }

  /** Whether a dataset is, or will be, encrypted. */
  encryptionOf(name: string): Encryption {
    const dataset = this.#datasets.get(name);
    const existing =
      dataset?.encrypted !== true ? 'none' : dataset.keyStatus === 'unavailable' ? 'locked' : 'open';
    return this.#encryption.get(name) ?? existing;
  }

  /** Whether a snapshot isn't there yet, but an earlier chain brings it. */
  isPlanned(copy: Snapshot): boolean {
    return this.#planned.has(copy);
  }

  #snapshotsOf(dataset: string): readonly Snapshot[] {
    return this.#changed.get(dataset) ?? this.#datasets.get(dataset)?.snapshots ?? [];
  }

  #addClone(origin: string, clone: string): void {
    const clones = this.#clones.get(origin);
    if (clones === undefined) this.#clones.set(origin, [clone]);
    else clones.push(clone);
  }
}

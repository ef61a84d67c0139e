import type { Snapshot } from '../streamline/dataset.js';
import { ancestorsOf, baseNameOf, maxNameLength, poolOf } from '../zfs/names.js';
import { planAbortOfLeftover, toPartialConflict } from './partial.js';
import type { ConflictReason } from './conflict.js';
import type { ReceiverModel } from './receiver-model.js';
import type { Source } from './sources.js';

/** Where the sender's datasets are, or will be, on the receiver, and where new ones may go. */
export class Placement {
  readonly #model: ReceiverModel;
  /** The receiver's dataset under which new ones go; they keep the sender's names without one. */
  readonly #destination: string | undefined;
  readonly #allSnapshots: boolean;
  readonly #assigned = new Map<string, string>();
  /** Where datasets of the sender have all that they are to get, and what is there is not theirs as far as it can be told. */
  readonly #elsewhere = new Map<string, string>();
  /** Places that stay empty because of a conflict, with the sender's dataset: nothing is made there as a mere parent. */
  readonly #empty = new Map<string, string>();

  /** @param allSnapshots whether snapshots go whatever their names are */
  constructor(
    model: ReceiverModel,
    {
      destination,
      allSnapshots,
    }: { readonly destination: string | undefined; readonly allSnapshots: boolean },
  ) {
    this.#model = model;
    this.#destination = destination;
    this.#allSnapshots = allSnapshots;
  }

  /** Notes where a dataset of the sender is, or will be. */
  assign(source: string, destination: string): void {
    this.#assigned.set(source, destination);
  }

  /** Notes that the receiver has all of a dataset of the sender in one that nothing is to be put below for its sake: it may be another host's. */
  noteElsewhere(source: string, dataset: string): void {
    this.#elsewhere.set(source, dataset);
  }

  /** Where the receiver has all of a dataset of the sender that has no place of its own there; undefined for another one. */
  whereElse(source: string): string | undefined {
    return this.#elsewhere.get(source);
  }

  /** Notes that a dataset won't get to its place. */
  leaveEmpty(source: Source): void {
    const place = this.choose(source);
    if (place !== undefined && this.#model.findDataset(place) === undefined) {
      this.#empty.set(place, source.dataset.name);
    }
  }

  /**
   * The name that a dataset gets when it is new on the receiver: below what it is a member of, else below `-d`, else the
   * sender's. Undefined when what it is a member of has no place itself.
   */
  choose(source: Source): string | undefined {
    return placeNew(source, this.#destination, this.#assigned);
  }

  /**
   * What keeps a new dataset from being made under this name.
   * @param base the GUID of what it becomes a clone of; undefined when it goes whole
   */
  findObstacle(source: Source, destination: string, base?: bigint): ConflictReason | undefined {
    return this.#findOccupant(source, destination, base) ?? this.#findMissingGround(destination);
  }

  /** What is there already, or will be. */
  #findOccupant(source: Source, destination: string, base: bigint | undefined): ConflictReason | undefined {
    const by = this.#model.findPlannedSource(destination);
    if (by !== undefined) return { kind: 'name-taken', destination, by };
    const existing = this.#model.findDataset(destination);
    const ours = { base, allSnapshots: this.#allSnapshots };
    if (existing?.partial !== undefined && planAbortOfLeftover(existing, source, ours) === undefined) {
      return toPartialConflict(existing);
    }
    if (existing !== undefined && (existing.partial === undefined || existing.snapshots.length > 0)) {
      return { kind: 'destination-exists', destination, dependents: this.#model.findDependents(destination) };
    }
    return this.#model.isParent(destination)
      ? { kind: 'destination-exists', destination, dependents: [] }
      : undefined;
  }

  /** What is not there, and is needed above it. */
  #findMissingGround(destination: string): ConflictReason | undefined {
    const above = ancestorsOf(destination);
    const emptyParent = above.find((parent) => this.#empty.has(parent));
    if (emptyParent !== undefined) {
      return { kind: 'parent-without-place', parent: this.#empty.get(emptyParent) ?? emptyParent };
    }
    const pool = poolOf(destination);
    if (this.#model.findDataset(pool) === undefined) return { kind: 'no-pool', destination, pool };
    const volume = above.find((parent) => this.#model.isVolume(parent));
    return volume === undefined ? undefined : { kind: 'parent-is-volume', destination, parent: volume };
  }
}

/**
 * The name that a dataset gets when it is new on the receiver; undefined when what it is a member of has no place. What a dataset above it
 * is a clone of goes beside the place of that: `t-sub` for `t/sub`.
 * @param destination what it goes under unless it is such a member; it keeps the sender's name without one
 * @param places where the sender's datasets are, or will be
 */
export function placeNew(
  { dataset, treeParent, cloneAbove }: Pick<Source, 'dataset'> & Partial<Source>,
  destination: string | undefined,
  places: ReadonlyMap<string, string>,
): string | undefined {
  const isBelow = treeParent !== undefined || destination === undefined;
  if (cloneAbove !== undefined && isBelow) {
    const { name } = cloneAbove.dataset;
    const beside = places.get(name) ?? placeNew(cloneAbove, destination, places);
    const path = dataset.name.slice(name.length + 1).replaceAll('/', '-');
    return beside === undefined ? undefined : `${beside}-${path}`;
  }
  if (treeParent !== undefined) {
    const above = places.get(treeParent);
    return above === undefined ? undefined : `${above}${dataset.name.slice(treeParent.length)}`;
  }
  return destination === undefined ? dataset.name : `${destination}/${baseNameOf(dataset.name)}`;
}

/**
 * Where the sender's datasets would go if the receiver had none of them: where their copies most likely are.
 * @param sources what is above a dataset before it, as `findSources` gives them
 * @param destination the receiver's dataset that they would go under; undefined when they keep their names
 * @returns the places by the sender's datasets; those that have none are left out
 */
export function findLikelyPlaces(
  sources: readonly Source[],
  destination: string | undefined,
): Map<string, string> {
  const places = new Map<string, string>();
  for (const source of sources) {
    const place = placeNew(source, destination, places);
    if (place !== undefined) places.set(source.dataset.name, place);
  }
  return places;
}

/** Whether ZFS can't give a version its name there. */
export function isTooLong(destination: string, { name }: Snapshot): boolean {
  return destination.length + '@'.length + name.length > maxNameLength;
}

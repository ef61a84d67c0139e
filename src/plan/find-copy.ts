import type { Dataset, Datasets, Point, Snapshot } from '../streamline/dataset.js';
import { walkHistory } from '../streamline/lineage.js';
import { findNameBefore } from './aside.js';
import { baseNameOf } from '../zfs/names.js';
import { CopyOwners } from './copy-owners.js';
import type { ReceiverModel } from './receiver-model.js';
import type { Source } from './sources.js';

/**
 * Which dataset of the receiver is the copy of a dataset of the sender, and why; or that there is none, or that it can't be told
 * (docs/decisions/copies.md).
 */
export type CopyFinding =
  /** Increments go there, or it is a conflict of this very copy. */
  | {
      readonly kind: 'copy';
      /** The newest point of the source itself that the copy has. */
      readonly base: Point;
      /** The same on the receiver; its dataset is the copy. */
      readonly at: Snapshot;
      readonly by: CopyRule;
    }
  /** The receiver has the newest version, in a dataset that isn't the copy, or one of several that may be: nothing is to be sent. */
  | {
      readonly kind: 'complete';
      readonly dataset: string;
      readonly by: 'place' | 'elsewhere';
      /** Whether members of its tree belong below that: it is at its place, or could be taken for the copy. */
      readonly isLeading: boolean;
    }
  /** The copy has no snapshot any more, as a clone of it was promoted: that one, `holder`, has them. */
  | {
      readonly kind: 'past-promoted';
      readonly destination: string;
      readonly holder: string;
      readonly base: Point;
    }
  /** The copy is half moved aside: its host stopped in the middle. */
  | { readonly kind: 'half-moved'; readonly dataset: string; readonly before: string }
  /** These may be the copy: they have something of the source itself, and nothing tells whose they are. */
  | { readonly kind: 'unclear'; readonly base: Point; readonly candidates: readonly string[] }
  | { readonly kind: 'none' };

/** What makes a dataset the copy. */
export type CopyRule =
  /** It is where the copy belongs, and has something of the source itself. */
  | 'place'
  /** Its role says so, wherever it was moved. */
  | 'role'
  /** It is the only one that has something of the source itself, and was not touched since. */
  | 'adoption';

/** What is known of both sides. */
export interface CopyContext {
  readonly sender: Datasets;
  readonly model: ReceiverModel;
  /** Where the sender's datasets would go if the receiver had none of them. */
  readonly places: ReadonlyMap<string, string>;
}

/**
 * Finds the copies of a sender's datasets, one after another: what one of them has is no copy of another. It rests on GUIDs alone: a
 * snapshot keeps its own on every host, and a dataset when it is renamed, or when it or a clone of it is promoted (seen on OpenZFS 2.3.2).
 */
export class CopyFinder {
  readonly #model: ReceiverModel;
  readonly #owners: CopyOwners;

  constructor(context: CopyContext) {
    this.#model = context.model;
    this.#owners = new CopyOwners(context);
  }

  /** Whose copies the receiver's datasets are. */
  get owners(): Pick<CopyOwners, 'isAnothers' | 'isElsewhere' | 'isForeign' | 'isShared'> {
    return this.#owners;
  }

  /**
   * Finds the copy of a dataset.
   * @param place where it belongs on the receiver; undefined where that can't be told
   */
  find(source: Source, place: string | undefined): CopyFinding {
    const { dataset } = source;
    const newest = source.versions.at(-1) ?? source.versions[0];
    const there = place === undefined ? undefined : this.#findIn(dataset, place);
    const marked = this.#owners.listMarked(dataset);
    const remembered = marked.flatMap((name) => this.#findIn(dataset, name) ?? []);
    if (there !== undefined) {
      const isOutlived = remembered.length > 0 && this.#isOutlived(there.at);
      if (!isOutlived && this.#owners.mayBeCopy(dataset, there.at)) {
        return { kind: 'copy', ...there, by: 'place' };
      }
      // Whosever it is: nothing has to be sent, and whoever only looks at this place says the same.
      if (this.#hasAt(there.at.dataset, newest)) {
        return { kind: 'complete', dataset: there.at.dataset, by: 'place', isLeading: true };
      }
    }
    const [only] = remembered;
    const isAlone = remembered.length === 1;
    const known = remembered.find(({ at }) => isAlone || this.#hasAt(at.dataset, newest));
    if (known !== undefined) {
      return findHalfMoved(dataset, known.at) ?? { kind: 'copy', ...known, by: 'role' };
    }
    const complete = this.#findComplete(source);
    if (complete !== undefined) return complete;
    if (only !== undefined) return toUnclear(remembered);
    for (const name of new Set([...marked, ...(place === undefined ? [] : [place])])) {
      const promoted = this.#findPromoted(dataset, name);
      if (promoted !== undefined) return promoted;
    }
    return this.#findUnmarked(dataset);
  }

  /** Records that a dataset of the receiver is the copy of one of the sender: it is no other one's. */
  record(source: string, copy: string): void {
    this.#owners.record(source, copy);
  }

  /** Whether a dataset of the receiver was noted as the copy of this one. */
  isNoted({ dataset }: Source, copy: string): boolean {
    return this.#owners.findRecorded(copy) === dataset.name;
  }

  /** Whether a dataset of the receiver was found to be the copy of one of the sender, or its role says so. */
  isFoundCopy(source: Dataset | undefined, copy: string): boolean {
    if (source === undefined) return false;
    const recorded = this.#owners.findRecorded(copy);
    return recorded === undefined ? this.#owners.listMarked(source).includes(copy) : recorded === source.name;
  }

  /** The newest point of a dataset itself that one of the receiver's has. */
  #findIn(dataset: Dataset, name: string): Found | undefined {
    for (const base of listOwnPoints(dataset)) {
      const at = this.#model.findCopies(base.guid).find((copy) => copy.dataset === name);
      if (at !== undefined) return { base, at };
    }
    return undefined;
  }

  #hasAt(dataset: string, { guid }: Snapshot): boolean {
    return this.#model.findCopies(guid).some((copy) => copy.dataset === dataset);
  }

  /** A dataset that has the newest version; of several the one whose name has most in common with the source's. */
  #findComplete({ dataset, versions }: Source): CopyFinding | undefined {
    const newest = versions.at(-1) ?? versions[0];
    const [first, ...others] = this.#model.findCopies(newest.guid);
    if (first === undefined) return undefined;
    const nearest = others.reduce(
      (best, next) => (isNearer(next.dataset, best.dataset, dataset.name) ? next : best),
      first,
    );
    const isLeading = others.length === 0 && this.#owners.isOpen(dataset, first);
    return { kind: 'complete', dataset: nearest.dataset, by: 'elsewhere', isLeading };
  }

  /** What has become of a copy whose snapshots another dataset has taken over, by a promotion there. */
  #findPromoted(dataset: Dataset, name: string): CopyFinding | undefined {
    const copy = this.#model.findDataset(name);
    if (copy?.origin === undefined) return undefined;
    // A snapshot comes after its bookmark here, and is what counts.
    const own = new Map(
      listOwnPoints(dataset)
        .toReversed()
        .map((point) => [point.guid, point]),
    );
    for (const at of walkHistory(this.#model.datasets, copy)) {
      const base = own.get(at.guid);
      const holder = this.#model.findDataset(at.dataset);
      if (base === undefined || holder === undefined || !isSnapshot(at) || holder === copy) continue;
      // A clone that was never promoted is younger than what it was cloned from; in the same second, a first receive that was interrupted tells.
      const isBegun = copy.snapshots.length === 0 && copy.partial !== undefined;
      const ageSeconds = holder.madeAtSeconds - copy.madeAtSeconds;
      if (ageSeconds < 0 || (ageSeconds === 0 && isBegun)) return undefined;
      if (!this.#owners.mayBeCopy(dataset, { ...at, dataset: name })) return undefined;
      return { kind: 'past-promoted', destination: name, holder: holder.name, base };
    }
    return undefined;
  }

  /** Looks among all that nothing is known of but what it has. */
  #findUnmarked(dataset: Dataset): CopyFinding {
    const found = new Map<string, Found>();
    for (const base of listOwnPoints(dataset)) {
      for (const at of this.#model.findCopies(base.guid)) {
        if (!found.has(at.dataset)) found.set(at.dataset, { base, at });
      }
    }
    const open = [...found.values()].filter(({ at }) => this.#owners.isOpen(dataset, at));
    const [only] = open;
    if (only === undefined) return { kind: 'none' };
    // What nobody has marked may well be an archive of what is marked: of what another host has brought, or of the copy whose source has lost
    // its past to this one by a promotion.
    const marked = [...found.values()].filter(({ at }) => this.#owners.isAnothers(dataset, at.dataset));
    const candidates = [...open, ...marked];
    if (candidates.length > 1 || !this.#isUntouched(only.at)) return toUnclear(candidates);
    return { kind: 'copy', ...only, by: 'adoption' };
  }

  /**
   * Whether a dataset has gone on after this snapshot as the copy of one that the sender has no more: one that was destroyed, and its name
   * given to another.
   */
  #isOutlived(at: Snapshot): boolean {
    return this.#owners.isOrphaned(at.dataset) && !this.#isUntouched(at);
  }

  /** Whether a dataset ends with a snapshot, and nobody has written to it since. */
  #isUntouched({ guid, dataset }: Snapshot): boolean {
    const writtenBytes = this.#model.findDataset(dataset)?.writtenBytes ?? 0;
    return writtenBytes === 0 && this.#model.findNewerThan(guid, dataset).length === 0;
  }
}

/** A point of the sender, and the same on the receiver. */
interface Found {
  readonly base: Point;
  readonly at: Snapshot;
}

/** The snapshots and bookmarks of a dataset itself, without those of what it was cloned from, newest first; a snapshot before its bookmark. */
export function listOwnPoints({ snapshots, bookmarks }: Pick<Dataset, 'snapshots' | 'bookmarks'>): Point[] {
  if (bookmarks.length === 0) return [...snapshots].reverse();
  return [...bookmarks, ...snapshots].sort((a, b) => a.createtxg - b.createtxg).reverse();
}

/** Whether a copy that isn't at its place was being moved aside. Its source may be called so, too. */
function findHalfMoved({ name }: Dataset, { dataset }: Snapshot): CopyFinding | undefined {
  const before = findNameBefore(dataset);
  if (before === undefined || baseNameOf(dataset) === baseNameOf(name)) return undefined;
  return { kind: 'half-moved', dataset, before };
}

function toUnclear(candidates: readonly Found[]): CopyFinding {
  const [first, ...rest] = candidates;
  if (first === undefined) return { kind: 'none' };
  const base = rest.reduce(
    (best, next) => (next.base.createtxg > best.createtxg ? next.base : best),
    first.base,
  );
  return { kind: 'unclear', base, candidates: candidates.map(({ at }) => at.dataset).sort() };
}

/** Whether a name has more of its last parts in common with a source's than another one; of those that have as many, the first. */
function isNearer(name: string, other: string, source: string): boolean {
  const difference = countCommonParts(name, source) - countCommonParts(other, source);
  return difference > 0 || (difference === 0 && name < other);
}

function countCommonParts(a: string, b: string): number {
  const [partsA, partsB] = [a.split('/').reverse(), b.split('/').reverse()];
  const index = partsA.findIndex((part, position) => part !== partsB[position]);
  return index < 0 ? partsA.length : index;
}

function isSnapshot(point: Snapshot | Point): point is Snapshot {
  return point.kind === 'snapshot';
}

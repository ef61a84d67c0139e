import type { Dataset, Datasets, Snapshot } from '../streamline/dataset.js';
import { datasetOf } from '../streamline/lineage.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { poolOf } from '../zfs/names.js';
import type { Followed, Role } from '../zfs/role.js';
import { isAside } from './aside.js';
import type { CopyContext } from './find-copy.js';

/**
 * Tells whose copies the receiver's datasets are: by what this plan has found already, by their roles, by where they are, and by what
 * they went on with.
 */
export class CopyOwners {
  readonly #context: CopyContext;
  /** The sender's dataset that a dataset of the receiver is the copy of, as found in this plan. */
  readonly #found = new Map<string, string>();
  /** The sender's datasets by where they belong on the receiver. */
  readonly #belonging = new Map<string, string[]>();
  /** The sender's datasets by their GUIDs; of what was set aside, what took its place. */
  readonly #senderGuids: ReadonlyMap<bigint, string>;
  /** The GUIDs of what was set aside on the sender, by what took its place. */
  readonly #formerGuids = new Map<string, bigint[]>();
  /** The receiver's datasets by the GUID of the one that their role names. */
  readonly #marked: ReadonlyMap<bigint, readonly string[]>;
  /** Made only when it is needed: a plan for a receiver that is in step never asks. */
  #senderPoints: GuidIndex | undefined;
  #senderBookmarks: ReadonlyMap<bigint, readonly string[]> | undefined;

  constructor(context: CopyContext) {
    this.#context = context;
    for (const [source, place] of context.places) append(this.#belonging, place, source);
    this.#senderGuids = new Map(
      [...context.sender.values()].flatMap(({ guid, name }) =>
        guid === undefined ? [] : [[guid, findSuccessor(context.sender, name)]],
      ),
    );
    for (const { guid, name } of context.sender.values()) {
      const successor = findSuccessor(context.sender, name);
      if (guid !== undefined && successor !== name) append(this.#formerGuids, successor, guid);
    }
    const marked = new Map<bigint, string[]>();
    for (const { name, role } of context.model.datasets.values()) {
      if (role?.kind === 'copy') for (const { guid } of role.sources) append(marked, guid, name);
    }
    this.#marked = marked;
  }

  /** Records whose copy a dataset of the receiver is. */
  record(source: string, copy: string): void {
    if (!this.#found.has(copy)) this.#found.set(copy, source);
  }

  /** Whose copy a dataset of the receiver is, as far as that was recorded. */
  findRecorded(copy: string): string | undefined {
    return this.#found.get(copy);
  }

  /** The receiver's datasets whose role says that they are copies of this one, and that aren't found to be another one's. */
  listMarked({ guid, name }: Dataset): readonly string[] {
    const guids = [...(guid === undefined ? [] : [guid]), ...(this.#formerGuids.get(name) ?? [])];
    const marked = new Set(guids.flatMap((each) => this.#marked.get(each) ?? []));
    return [...marked].filter((copy) => (this.#found.get(copy) ?? name) === name);
  }

  /**
   * Whether a dataset of the receiver that is where the copy belongs may be it: not one that is another dataset's, or was set aside.
   * @param at its newest snapshot that the source has, too
   */
  mayBeCopy(source: Dataset, at: Snapshot): boolean {
    return this.#judge(source, at) !== 'anothers' || this.#hasTakenOver(source, at);
  }

  /**
   * Whether nothing tells that a dataset of the receiver is anybody's copy.
   * @param at its newest snapshot that the source has, too
   */
  isOpen(source: Dataset, at: Snapshot): boolean {
    if (this.#judge(source, at) !== 'open') return false;
    return !this.#isElsewheresPlace(source, at.dataset) && !this.#isOriginals(source, at.dataset);
  }

  /** Whether a dataset of the receiver is the copy of something on a host that isn't the sender, by its role, and of nothing of the sender's. */
  isForeign(copy: string): boolean {
    const role = this.#context.model.findDataset(copy)?.role;
    return this.isShared(copy) && role !== undefined && this.#listFollowed(role).length === 0;
  }

  /** Whether a dataset of the receiver is the copy of something on a host that isn't the sender, by its role, if not of that alone. */
  isShared(copy: string): boolean {
    const role = this.#context.model.findDataset(copy)?.role;
    return role?.kind === 'copy' && role.sources.some((source) => this.isElsewhere(source));
  }

  /** Whether a dataset of the receiver is, by its role, the copy of what was on the sender alone, and is no more. */
  isOrphaned(copy: string): boolean {
    const role = this.#context.model.findDataset(copy)?.role;
    return role?.kind === 'copy' && !this.isShared(copy) && this.#listFollowed(role).length === 0;
  }

  /** Whether what a copy follows is on a host that isn't the sender: neither is it there, nor was its pool. */
  isElsewhere({ guid, poolGuid }: Followed): boolean {
    // A sender whose zfs tells no GUIDs could be any.
    return this.#senderGuids.size > 0 && !this.#senderGuids.has(guid) && !this.#senderGuids.has(poolGuid);
  }

  /**
   * Whether a dataset of the receiver is, by its role, another's, if not of that alone: the copy of another source, or set aside. Nothing of it is
   * destroyed for this source. A copy whose source is gone from the sender's very pool is nobody's.
   */
  isAnothers(source: Dataset, copy: string): boolean {
    const role = this.#context.model.findDataset(copy)?.role;
    if (role === undefined) return false;
    if (role.kind === 'aside' || this.isShared(copy)) return true;
    return this.#listFollowed(role).some((name) => name !== source.name);
  }

  /**
   * Whether a dataset of the receiver ends with a snapshot of the source's, and its role names one of the sender's that has no version
   * any more: the source has taken over its past, and maybe its name; unless another one has, whose clone it is now by a promotion.
   */
  #hasTakenOver(source: Dataset, { guid, dataset: copy }: Snapshot): boolean {
    const { model, sender } = this.#context;
    const role = model.findDataset(copy)?.role;
    if (role === undefined || this.#found.has(copy) || model.findNewerThan(guid, copy).length > 0) {
      return false;
    }
    const followed = role.kind === 'copy' ? this.#listFollowed(role) : [];
    const hasOtherHeir = ({ origin = '' }: Dataset): boolean => {
      const heir = datasetOf(origin);
      return heir !== source.name && sender.get(heir)?.snapshots.some((each) => each.guid === guid) === true;
    };
    return (
      followed.length > 0 &&
      followed.every((name) => {
        const dataset = sender.get(name);
        return dataset?.snapshots.length === 0 && !hasOtherHeir(dataset);
      })
    );
  }

  #judge(source: Dataset, { guid, dataset: copy }: Snapshot): 'own' | 'anothers' | 'foreign' | 'open' {
    const { model } = this.#context;
    const found = this.#found.get(copy);
    if (found !== undefined) return found === source.name ? 'own' : 'anothers';
    const role = model.findDataset(copy)?.role;
    if (role?.kind === 'aside') return 'anothers';
    const followed = role === undefined ? [] : this.#listFollowed(role);
    if (followed.length > 0) return followed.includes(source.name) ? 'own' : 'anothers';
    if (this.isShared(copy)) return 'foreign';
    // It ends with what the source has: nothing tells of another one. (Asking that of each would cost a table of all snapshots.)
    if (model.findNewerThan(guid, copy).length === 0) return 'open';
    const owners = this.#findLastOwners(copy);
    return owners === undefined || owners.includes(source.name) ? 'open' : 'anothers';
  }

  /** The sender's datasets that a role names. */
  #listFollowed({ sources }: Role): string[] {
    return sources.flatMap(({ guid }) => this.#senderGuids.get(guid) ?? []);
  }

  /** The sender's datasets that have the newest snapshot of a dataset of the receiver that any of them has, or has a bookmark of. */
  #findLastOwners(copy: string): readonly string[] | undefined {
    const { sender, model } = this.#context;
    this.#senderPoints ??= new GuidIndex(sender);
    this.#senderBookmarks ??= indexBookmarks(sender);
    for (const { guid } of [...model.findSnapshots(copy)].reverse()) {
      const owners = [
        ...this.#senderPoints.find(guid).map(({ dataset }) => dataset),
        ...(this.#senderBookmarks.get(guid) ?? []),
      ];
      if (owners.length > 0) return owners.map((name) => findSuccessor(sender, name));
    }
    return undefined;
  }

  /** Whether the source is a backup of another dataset of the sender, by its role, and that one has as much of a dataset of the receiver. */
  #isOriginals({ role }: Dataset, copy: string): boolean {
    const originals = role?.kind === 'copy' ? this.#listFollowed(role) : [];
    return originals.some((original) => this.#findLastOwners(copy)?.includes(original));
  }

  /** Whether another dataset of the sender belongs where this one of the receiver is, and has as much of it. */
  #isElsewheresPlace(source: Dataset, copy: string): boolean {
    const others = (this.#belonging.get(copy) ?? []).filter((name) => name !== source.name);
    return others.length > 0 && others.some((name) => this.#findLastOwners(copy)?.includes(name));
  }
}

/**
 * What took the place of a dataset that was set aside: it took over its past, and so what was set aside is a clone of it. Any other dataset
 * itself.
 */
function findSuccessor(datasets: Datasets, name: string): string {
  const dataset = datasets.get(name);
  if (dataset === undefined || !isAside(dataset) || dataset.origin === undefined) return name;
  const successor = datasets.get(datasetOf(dataset.origin));
  return successor === undefined || isAside(successor) ? name : successor.name;
}

/** The GUID of the root dataset of the pool that a dataset is in; undefined where it isn't known. */
export function poolGuidOf(datasets: Datasets, name: string): bigint | undefined {
  return datasets.get(poolOf(name))?.guid;
}

function indexBookmarks(datasets: Datasets): Map<bigint, string[]> {
  const index = new Map<bigint, string[]>();
  for (const { name, bookmarks } of datasets.values()) {
    for (const { guid } of bookmarks) append(index, guid, name);
  }
  return index;
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

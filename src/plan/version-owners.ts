import {
  fullNameOf,
  isTagged,
  type Dataset,
  type Datasets,
  type Snapshot,
  type TaggedSnapshot,
} from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { findVersions, groupByStreamline } from '../streamline/lineage.js';
import type { CopyOwners } from './copy-owners.js';
import type { ConflictReason, ReasonOf } from './conflict.js';
import type { ReceiverModel } from './receiver-model.js';
import type { Source } from './sources.js';

/** Tells of what the receiver has whose it is: what the sender has too, going by GUIDs, and what was made there. */
export class VersionOwners {
  readonly #sender: Datasets;
  readonly #receiver: Datasets;
  readonly #model: ReceiverModel;
  readonly #copies: Pick<CopyOwners, 'isForeign'>;
  readonly #leaving: ReadonlySet<string>;
  /** Made only when they are needed: most plans never ask. */
  #ours: GuidIndex | undefined;
  #theirs: ReadonlyMap<string, readonly TaggedSnapshot[]> | undefined;
  #bookmarked: ReadonlyMap<bigint, string> | undefined;

  /** @param copies tells what is the copy of something on another host: its versions are no other history of the sender's streamlines */
  constructor(
    sides: {
      readonly sender: Datasets;
      readonly receiver: Datasets;
      /** Full names of the receiver's snapshots that are taken away, though that isn't decided yet. */
      readonly leaving: ReadonlySet<string>;
    },
    model: ReceiverModel,
    copies: Pick<CopyOwners, 'isForeign'>,
  ) {
    this.#copies = copies;
    this.#sender = sides.sender;
    this.#receiver = sides.receiver;
    this.#model = model;
    this.#leaving = sides.leaving;
  }

  /**
   * A version that the receiver has made itself, somewhere, under the name of one that is to be sent.
   * @param destination where that is to be sent: what is there already is another question
   */
  findSameNamed(
    { treeParent }: Source,
    versions: readonly Snapshot[],
    destination: string,
  ): ConflictReason | undefined {
    // Members of trees share names with others.
    if (treeParent !== undefined) return undefined;
    const streamlines = new Set(versions.filter(isTagged).map(({ tag }) => tag.streamline));
    const foreign = [...streamlines]
      .flatMap((streamline) => this.#listForeign(streamline))
      .filter(({ dataset }) => dataset !== destination);
    return findDifferingVersion(versions, foreign, undefined);
  }

  /**
   * A version of one of the source's streamlines that the receiver has and the sender has nowhere: the same name for another
   * history. One that was made here, or that something made here follows in its dataset, has been pruned here, and is none unless
   * its name is used anew. Members of trees share their streamline with others, so that theirs tells nothing.
   */
  findTheirs({ versions, treeParent }: Source): Snapshot | undefined {
    if (treeParent !== undefined) return undefined;
    for (const streamline of new Set(versions.filter(isTagged).map(({ tag }) => tag.streamline))) {
      const theirs = this.#listForeign(streamline);
      const same = theirs.find((their) => versions.some(({ name }) => name === their.name));
      if (same !== undefined) return same;
      const newestMade = new Map(
        [...new Set(theirs.map(({ dataset }) => dataset))].map((name) => [name, this.#findNewestMade(name)]),
      );
      const other = theirs.find(({ dataset, createtxg }) => createtxg > (newestMade.get(dataset) ?? 0));
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** Another dataset of the sender that a dataset of the receiver is a copy of, whether that one's turn has come or not. */
  findCopied({ dataset }: Source, existing: Dataset): string | undefined {
    for (const { guid } of [...existing.snapshots].reverse()) {
      const ours = this.#findOurs(guid)?.dataset ?? this.#findBookmarked(guid);
      if (ours !== undefined && ours !== dataset.name) return ours;
    }
    return undefined;
  }

  /** The receiver's versions of a streamline that the sender has nowhere, and that stay. */
  #listForeign(streamline: string): TaggedSnapshot[] {
    this.#theirs ??= groupByStreamline(findVersions(this.#receiver));
    const theirs = this.#theirs.get(streamline) ?? [];
    return theirs.filter(
      (their) =>
        this.#findOurs(their.guid) === undefined &&
        this.#model.keeps(their) &&
        !this.#leaving.has(fullNameOf(their)) &&
        !this.#copies.isForeign(their.dataset),
    );
  }

  /** The sender's snapshot with this GUID. */
  #findOurs(guid: bigint): Snapshot | undefined {
    this.#ours ??= new GuidIndex(this.#sender);
    return this.#ours.find(guid).at(-1);
  }

  /** The `createtxg` there of the newest snapshot of a receiver's dataset that the sender has too, if only as a bookmark. */
  #findNewestMade(theirDataset: string): number | undefined {
    const isOurs = ({ guid }: Snapshot): boolean =>
      this.#findBookmarked(guid) !== undefined || this.#findOurs(guid) !== undefined;
    return this.#receiver.get(theirDataset)?.snapshots.findLast(isOurs)?.createtxg;
  }

  /** The sender's dataset that has a bookmark with this GUID. */
  #findBookmarked(guid: bigint): string | undefined {
    this.#bookmarked ??= new Map(
      [...this.#sender.values()].flatMap(({ name, bookmarks }) =>
        bookmarks.map((bookmark) => [bookmark.guid, name]),
      ),
    );
    return this.#bookmarked.get(guid);
  }
}

type VersionDiffers = ReasonOf<'version-differs'>;

/** A version that both sides have with different content. @param undo what would undo theirs */
export function findDifferingVersion(
  ours: readonly Snapshot[],
  theirs: readonly Snapshot[],
  undo: 'rollback' | 'replace' | undefined,
): VersionDiffers | undefined {
  // Ours are the few that are to be sent, theirs may be a long history.
  const oursByName = new Map(ours.map((our) => [our.name, our]));
  for (const their of theirs) {
    const our = oursByName.get(their.name);
    if (our !== undefined && our.guid !== their.guid) {
      return { kind: 'version-differs', ours: our, theirs: their, undo };
    }
  }
  return undefined;
}

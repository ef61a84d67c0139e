import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findVersions, walkHistory } from '../streamline/lineage.js';
import { formatTag, formatTagShort, type Tag } from '../streamline/tag.js';
import { compareVersions, type Version } from '../streamline/version.js';
import { isWithin, maxNameLength } from '../zfs/names.js';

/** What is renamed: a version, or, without versions, all of a streamline. */
export interface RenameRequest {
  readonly from: RenamedName;
  readonly to: RenamedName;
  /** The snapshots that are held, by full name. */
  readonly held: ReadonlySet<string>;
}

/** A streamline, or one version of it. */
export interface RenamedName {
  readonly streamline: string;
  readonly version: Version | undefined;
}

/** A snapshot that gets another name. */
export interface Renaming {
  readonly snapshot: TaggedSnapshot;
  readonly tag: Tag;
}

/** Why something can't be renamed. */
export type RenameObstacle =
  /** There is one of the new name, which is another snapshot. */
  | { readonly kind: 'exists'; readonly snapshot: string; readonly by: string }
  /** The streamline of the new name is the history of something else: both would be one. */
  | { readonly kind: 'other-image'; readonly snapshot: string; readonly by: string }
  /** Versions are ordered by their numbers, and this one would change places. */
  | {
      readonly kind: 'order';
      readonly snapshot: string;
      readonly neighbour: string;
      readonly isAfter: boolean;
    }
  | { readonly kind: 'held'; readonly snapshot: string }
  | { readonly kind: 'name-too-long'; readonly snapshot: string };

/** What is renamed on a host, or why it can't be. */
export interface RenamePlan {
  readonly renamings: readonly Renaming[];
  readonly obstacles: readonly RenameObstacle[];
}

/** The versions that a name stands for. */
export function findRenamed(datasets: Datasets, { streamline, version }: RenamedName): TaggedSnapshot[] {
  return [...findVersions(datasets, streamline)].filter(
    ({ tag }) => version === undefined || tag.version.text === version.text,
  );
}

/**
 * Plans what is renamed on a host. Copies are matched by GUID, so that a new name changes nothing of what is sent; but a name stands for one
 * snapshot only, and versions keep their order.
 * @param snapshots those that are renamed
 */
export function planRename(
  datasets: Datasets,
  snapshots: readonly TaggedSnapshot[],
  { from, to, held }: RenameRequest,
): RenamePlan {
  const renamings = snapshots.map((snapshot): Renaming => {
    const version = from.version === undefined ? snapshot.tag.version : (to.version ?? snapshot.tag.version);
    return { snapshot, tag: { streamline: to.streamline, version } };
  });
  const guids = new Set(snapshots.map(({ guid }) => guid));
  const others = [...findVersions(datasets, to.streamline)].filter(({ guid }) => !guids.has(guid));
  const places =
    from.streamline === to.streamline ? [] : [...new Set(snapshots.map(({ dataset }) => dataset))];
  const images = new Map(places.map((name) => [name, findOtherImage(datasets, name, others)]));
  const obstacles = renamings.flatMap((renaming): RenameObstacle[] => {
    const { snapshot, tag } = renaming;
    const fullName = fullNameOf(snapshot);
    const name = formatTag(tag);
    const same = others.find((other) => other.name === name && !isOfOneTree(snapshot, other));
    const image = images.get(snapshot.dataset);
    return [
      ...(same !== undefined ? [{ kind: 'exists', snapshot: fullName, by: fullNameOf(same) } as const] : []),
      ...(same === undefined && image !== undefined
        ? [{ kind: 'other-image', snapshot: fullName, by: fullNameOf(image) } as const]
        : []),
      ...(held.has(fullName) ? [{ kind: 'held', snapshot: fullName } as const] : []),
      ...(snapshot.dataset.length + 1 + name.length > maxNameLength
        ? [{ kind: 'name-too-long', snapshot: fullName } as const]
        : []),
      ...findOrderFaults(datasets, renaming),
    ];
  });
  return { renamings: renamings.filter(({ snapshot, tag }) => snapshot.name !== formatTag(tag)), obstacles };
}

/** Whether two snapshots in different datasets may be parts of one version, of which an earlier run has renamed some. */
function isOfOneTree(a: TaggedSnapshot, b: TaggedSnapshot): boolean {
  return a.dataset !== b.dataset && (isWithin(a.dataset, b.dataset) || isWithin(b.dataset, a.dataset));
}

/**
 * The first of the versions of a streamline, if none of them has to do with a dataset: neither by a common history, nor as a part of one tree.
 * Then the streamline is another image's.
 */
function findOtherImage(
  datasets: Datasets,
  name: string,
  versions: readonly TaggedSnapshot[],
): TaggedSnapshot | undefined {
  const historyOf = (each: string): Set<bigint> => {
    const dataset = datasets.get(each);
    return new Set(
      dataset === undefined ? [] : Array.from(walkHistory(datasets, dataset), ({ guid }) => guid),
    );
  };
  const history = historyOf(name);
  const isRelated = (other: string): boolean =>
    isWithin(other, name) || isWithin(name, other) || [...historyOf(other)].some((guid) => history.has(guid));
  const places = new Set(versions.map(({ dataset }) => dataset));
  return [...places].some(isRelated) ? undefined : versions[0];
}

/** The neighbour in its dataset that a version would change places with. */
function findOrderFaults(datasets: Datasets, { snapshot, tag }: Renaming): RenameObstacle[] {
  // A streamline that has another name has the same versions.
  if (tag.version.text === snapshot.tag.version.text) return [];
  const versions = (datasets.get(snapshot.dataset)?.snapshots ?? [])
    .filter(isTagged)
    .filter((other) => other.tag.streamline === tag.streamline && other !== snapshot);
  const before = versions.filter(({ createtxg }) => createtxg < snapshot.createtxg).at(-1);
  const after = versions.find(({ createtxg }) => createtxg > snapshot.createtxg);
  const fault = (neighbour: TaggedSnapshot, isAfter: boolean): RenameObstacle => ({
    ...{ kind: 'order', snapshot: fullNameOf(snapshot), neighbour: formatTagShort(neighbour.tag), isAfter },
  });
  return [
    ...(before !== undefined && compareVersions(before.tag.version, tag.version) >= 0
      ? [fault(before, false)]
      : []),
    ...(after !== undefined && compareVersions(after.tag.version, tag.version) <= 0
      ? [fault(after, true)]
      : []),
  ];
}

import { groupBy } from '../base/group-by.js';
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

/** A snapshot, and those of the same name below its dataset, that get one name. */
export type RenamingGroup = readonly [Renaming, ...Renaming[]];

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
  /** The same, those together that are renamed by one call of zfs: a snapshot, and all of its name below. */
  readonly groups: readonly RenamingGroup[];
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
  const named = groupBy([...findVersions(datasets, to.streamline)], ({ name }) => name);
  const targets = new Map(renamings.map(({ snapshot, tag }) => [snapshot, formatTag(tag)]));
  const images =
    from.streamline === to.streamline ? new Map<string, never>() : findOtherImages(datasets, snapshots, to);
  const obstacles = renamings.flatMap((renaming): RenameObstacle[] => {
    const { snapshot, tag } = renaming;
    const fullName = fullNameOf(snapshot);
    const name = formatTag(tag);
    // What is a part of the same version has the same name.
    const same = named
      .get(name)
      ?.find(
        (other) =>
          other.guid !== snapshot.guid && targets.get(other) !== name && !isOfOneVersion(snapshot, other),
      );
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
  const changes = renamings.filter(({ snapshot, tag }) => snapshot.name !== formatTag(tag));
  return { renamings: changes, groups: groupByTree(datasets, changes), obstacles };
}

/**
 * The renamings that one call of zfs does: those of a version of a tree, so that none is left in the middle of one. Nothing tells that the parts of
 * a copy belong together once they have different names. Where something of the name lies below that isn't renamed, each is renamed alone.
 */
function groupByTree(datasets: Datasets, renamings: readonly Renaming[]): RenamingGroup[] {
  const all = groupBy(
    [...datasets.values()].flatMap(({ snapshots }) => snapshots),
    ({ name }) => name,
  );
  const groups: [Renaming, ...Renaming[]][] = [];
  for (const renaming of [...renamings].sort(byNameThenDataset)) {
    const group = groups.at(-1);
    const [root] = group ?? [];
    const isPart =
      root !== undefined &&
      root.snapshot.name === renaming.snapshot.name &&
      formatTag(root.tag) === formatTag(renaming.tag) &&
      isWithin(renaming.snapshot.dataset, root.snapshot.dataset);
    if (isPart) group?.push(renaming);
    else groups.push([renaming]);
  }
  return groups.flatMap((group): RenamingGroup[] => {
    const [{ snapshot }] = group;
    const below = (all.get(snapshot.name) ?? []).filter(({ dataset }) => isWithin(dataset, snapshot.dataset));
    return below.length === group.length ? [group] : group.map((each) => [each] as const);
  });
}

/** What is below a dataset comes right after it. */
function byNameThenDataset({ snapshot: a }: Renaming, { snapshot: b }: Renaming): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const [aPath, bPath] = [a, b].map(({ dataset }) => dataset.replaceAll('/', '\0'));
  return (aPath ?? '') < (bPath ?? '') ? -1 : 1;
}

/**
 * Whether two snapshots are parts of one version of a tree, of which an interrupted run may have renamed one: `zfs snapshot` makes them in one transaction
 * group. Those of a copy were received in several, and nothing tells.
 */
function isOfOneVersion(a: TaggedSnapshot, b: TaggedSnapshot): boolean {
  return a.createtxg === b.createtxg && (isWithin(a.dataset, b.dataset) || isWithin(b.dataset, a.dataset));
}

/**
 * For each dataset that has something to be renamed, a version of the new streamline, if that is another image's: if none of its versions has to do with
 * the dataset, neither by a common history, nor as a part of one version.
 */
function findOtherImages(
  datasets: Datasets,
  snapshots: readonly TaggedSnapshot[],
  { streamline }: RenamedName,
): ReadonlyMap<string, TaggedSnapshot> {
  const guids = new Set(snapshots.map(({ guid }) => guid));
  const others = [...findVersions(datasets, streamline)].filter(({ guid }) => !guids.has(guid));
  const [first] = others;
  if (first === undefined) return new Map();
  const byGroup = groupBy(others, ({ createtxg }) => createtxg);
  const isPart = (snapshot: TaggedSnapshot): boolean =>
    (byGroup.get(snapshot.createtxg) ?? []).some((other) => isOfOneVersion(snapshot, other));
  const histories = [...new Set(others.map(({ dataset }) => dataset))].map((name) =>
    historyOf(datasets, name),
  );
  const isRelated = (own: readonly TaggedSnapshot[]): boolean => {
    const history = historyOf(datasets, own[0]?.dataset ?? '');
    return own.some(isPart) || histories.some((theirs) => [...theirs].some((guid) => history.has(guid)));
  };
  const places = groupBy(snapshots, ({ dataset }) => dataset);
  const related = [...places].filter(([, own]) => isRelated(own)).map(([name]) => name);
  // A member belongs where its tree does.
  const isUnrelated = (name: string): boolean => !related.some((other) => isWithin(name, other));
  return new Map([...places.keys()].filter(isUnrelated).map((name) => [name, first]));
}

function historyOf(datasets: Datasets, name: string): Set<bigint> {
  const dataset = datasets.get(name);
  return new Set(dataset === undefined ? [] : Array.from(walkHistory(datasets, dataset), ({ guid }) => guid));
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

import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findVersions } from '../streamline/lineage.js';
import { formatTag, formatTagShort, type Tag } from '../streamline/tag.js';
import { compareVersions, type Version } from '../streamline/version.js';
import { maxNameLength } from '../zfs/names.js';

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
  const taken = new Map([...findVersions(datasets, to.streamline)].map((other) => [other.name, other]));
  const obstacles = renamings.flatMap((renaming): RenameObstacle[] => {
    const { snapshot, tag } = renaming;
    const fullName = fullNameOf(snapshot);
    const name = formatTag(tag);
    const other = taken.get(name);
    const isTaken = other !== undefined && (other.guid !== snapshot.guid || !guids.has(other.guid));
    return [
      ...(isTaken ? [{ kind: 'exists', snapshot: fullName, by: fullNameOf(other) } as const] : []),
      ...(held.has(fullName) ? [{ kind: 'held', snapshot: fullName } as const] : []),
      ...(snapshot.dataset.length + 1 + name.length > maxNameLength
        ? [{ kind: 'name-too-long', snapshot: fullName } as const]
        : []),
      ...findOrderFaults(datasets, renaming),
    ];
  });
  return { renamings: renamings.filter(({ snapshot, tag }) => snapshot.name !== formatTag(tag)), obstacles };
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

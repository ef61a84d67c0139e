import { ancestorsOf } from '../zfs/names.js';
import { isTagged, type Dataset, type Datasets, type TaggedSnapshot } from './dataset.js';
import { walkHistory } from './lineage.js';

/** Which versions of a dataset are shared by something below it: the newest one, or only earlier ones. */
export type Sharing = 'newest' | 'earlier';

/**
 * Tells of datasets whether what lies below them belongs to their versions: it has a version of the same name that is no copy of
 * theirs, as only a tree's members have, each of its own or in what it was cloned from. Datasets of which nothing is shared are left out.
 * @param roots the datasets that are asked about
 * @param streamline only its versions count; undefined for the streamline of each dataset's newest version
 */
export function findShared(
  datasets: Datasets,
  roots: readonly Dataset[],
  streamline?: string,
): ReadonlyMap<string, Sharing> {
  const rootsByName = new Map(roots.map((root) => [root.name, root]));
  const versions = new Map<string, RootVersions>();
  const shared = new Map<string, Sharing>();
  for (const dataset of datasets.values()) {
    for (const above of ancestorsOf(dataset.name)) {
      const root = rootsByName.get(above);
      if (root === undefined || shared.get(above) === 'newest') continue;
      const known = versions.get(above) ?? listVersions(datasets, root, streamline);
      versions.set(above, known);
      const sharing = compareVersionsOf(datasets, dataset, known);
      if (sharing !== undefined) shared.set(above, sharing);
    }
  }
  return shared;
}

interface RootVersions {
  /** The name of the newest one. */
  readonly newest: string | undefined;
  /** GUIDs by the names of the snapshots. */
  readonly guids: ReadonlyMap<string, bigint>;
}

function listVersions(datasets: Datasets, root: Dataset, streamline: string | undefined): RootVersions {
  const history = [...walkHistory(datasets, root)].filter(isTagged);
  const meant = streamline ?? history[0]?.tag.streamline;
  const versions = history.filter(({ tag }) => tag.streamline === meant);
  return { newest: versions[0]?.name, guids: new Map(versions.map(({ name, guid }) => [name, guid])) };
}

function compareVersionsOf(
  datasets: Datasets,
  dataset: Dataset,
  { newest, guids }: RootVersions,
): Sharing | undefined {
  let sharing: Sharing | undefined;
  for (const { name, guid } of walkHistory(datasets, dataset)) {
    const known = guids.get(name);
    if (known === undefined || known === guid) continue;
    if (name === newest) return 'newest';
    sharing = 'earlier';
  }
  return sharing;
}

/**
 * The dataset above one whose newest version is of the streamline of that one's newest version, and that had an earlier version in common
 * with it: the two belong to one tree, of which the lower one went on alone. The uppermost one; undefined when there is none.
 */
export function findTreeAbove(datasets: Datasets, { name, snapshots }: Dataset): Dataset | undefined {
  const newest = snapshots.findLast(isTagged);
  if (newest === undefined) return undefined;
  let guids: ReadonlyMap<string, bigint> | undefined;
  for (const above of ancestorsOf(name)) {
    const root = datasets.get(above);
    if (root?.snapshots.findLast(isTagged)?.tag.streamline !== newest.tag.streamline) continue;
    guids ??= new Map(snapshots.map((snapshot) => [snapshot.name, snapshot.guid]));
    for (const { name: version, guid, tag } of root.snapshots) {
      const known = guids.get(version);
      const isMade = tag?.streamline === newest.tag.streamline;
      if (isMade && known !== undefined && known !== guid) return root;
    }
  }
  return undefined;
}

/** A member of a tree that the newest version of the streamline doesn't have, though others of the tree have it. */
export interface LeftOut {
  readonly newest: TaggedSnapshot;
  /** The last version that it is in. */
  readonly last: TaggedSnapshot;
}

/**
 * Finds what was in a version of a tree, is there still, and isn't in the newest one. What has gone on as another streamline is saved by
 * that, and a copy is judged by its original.
 * @param newest the newest version of each streamline
 */
export function findLeftOut(datasets: Datasets, newest: readonly TaggedSnapshot[]): LeftOut[] {
  const byStreamline = new Map(newest.map((version) => [version.tag.streamline, version]));
  const candidates = [...datasets.values()].flatMap(({ snapshots }) => {
    const last = snapshots.findLast(isTagged);
    if (last === undefined) return [];
    const version = byStreamline.get(last.tag.streamline);
    return version === undefined || version.name === last.name ? [] : [{ newest: version, last }];
  });
  const wanted = new Map(candidates.map(({ last, newest: { name } }) => [last.name, name]));
  /** Of versions that something was last in, the GUIDs in datasets that have the newest, too. */
  const goingOn = new Map<string, Set<bigint>>();
  /** The dataset that was made first, of those with one of these snapshots. */
  const originals = new Map<bigint, Dataset>();
  if (wanted.size > 0) {
    for (const dataset of datasets.values()) {
      const { snapshots } = dataset;
      for (const { name, guid } of snapshots) {
        const known = wanted.has(name) ? originals.get(guid) : dataset;
        if (known === undefined || dataset.madeAtSeconds < known.madeAtSeconds) originals.set(guid, dataset);
      }
      const names = new Set(snapshots.filter(isTagged).map(({ name }) => name));
      for (const { name, guid } of snapshots) {
        if (!names.has(wanted.get(name) ?? '')) continue;
        goingOn.set(name, (goingOn.get(name) ?? new Set()).add(guid));
      }
    }
  }
  return candidates.filter(({ last }) => {
    const others = goingOn.get(last.name);
    const isOriginal = originals.get(last.guid)?.name === last.dataset;
    return isOriginal && others !== undefined && !others.has(last.guid);
  });
}

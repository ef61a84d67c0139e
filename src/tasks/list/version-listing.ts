import { findAsides } from '../../plan/aside.js';
import { repeatable } from '../../base/repeatable.js';
import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../../streamline/dataset.js';
import { datasetOf, findVersions, groupByStreamline } from '../../streamline/lineage.js';
import { isChosenTag, type VersionPattern } from '../../streamline/selection.js';
import { formatTagShort } from '../../streamline/tag.js';
import { joinTrees, pathBelow, type Tree } from '../../streamline/tree.js';

/** A version as `list --json` gives it. */
export interface VersionListing {
  readonly version: string;
  readonly dataset: string;
  /** Of a tree that was tagged as a whole: what is below the dataset and belongs to the version, by relative path. */
  readonly members: readonly string[];
  readonly snapshot: string;
  /** Whether the dataset was set aside, and is no copy of anything any more. */
  readonly setAside: boolean;
  /** Only on the first version of a dataset that is a clone: the version or snapshot that it was cloned from. */
  readonly cloneOf: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Of a tree, the sum. */
  readonly referencedBytes: number;
  /** Decimal; it doesn't fit into a JSON number. */
  readonly guid: string;
  /** As somebody wrote it; of a tree, that of the dataset. */
  readonly note: string | null;
}

/** A streamline as `list --json` gives it, oldest version first. Each is made when its turn comes: there may be millions. */
export interface StreamlineListing {
  readonly name: string;
  readonly versions: Iterable<VersionListing>;
}

/**
 * Lists the versions that a host has, by streamline. The inventory has to have been read with details.
 * @param patterns only versions that fit one of them; all when there is none
 */
export function listStreamlines(
  datasets: Datasets,
  patterns: readonly VersionPattern[] = [],
): StreamlineListing[] {
  const origins = findOrigins(datasets);
  const asides = findAsides(datasets);
  const chosen = findChosen(datasets, patterns);
  return [...groupByStreamline(chosen)].map(([name, versions]) => ({
    name,
    versions: repeatable(function* () {
      for (const tree of joinTrees(versions, asides)) yield toListing(tree, { origins, asides });
    }),
  }));
}

function* findChosen(datasets: Datasets, patterns: readonly VersionPattern[]): Generator<TaggedSnapshot> {
  for (const version of findVersions(datasets)) if (isChosenTag(patterns, version.tag)) yield version;
}

/** What clones were cloned from, as people call it, by the first version of each clone. */
function findOrigins(datasets: Datasets): ReadonlyMap<TaggedSnapshot, string> {
  const clones = [...datasets.values()].filter(({ origin }) => origin !== undefined);
  const names = new Map(clones.map(({ origin = '' }) => [origin, origin]));
  for (const place of new Set(Array.from(names.keys(), datasetOf))) {
    for (const snapshot of datasets.get(place)?.snapshots ?? []) {
      const fullName = fullNameOf(snapshot);
      if (isTagged(snapshot) && names.has(fullName)) names.set(fullName, formatTagShort(snapshot.tag));
    }
  }
  const origins = new Map<TaggedSnapshot, string>();
  for (const { origin = '', snapshots } of clones) {
    const first = snapshots.find(isTagged);
    if (first !== undefined) origins.set(first, names.get(origin) ?? origin);
  }
  return origins;
}

function toListing(
  { root, members }: Tree,
  {
    origins,
    asides,
  }: { readonly origins: ReadonlyMap<TaggedSnapshot, string>; readonly asides: ReadonlySet<string> },
): VersionListing {
  return {
    version: root.tag.version.text,
    dataset: root.dataset,
    members: members.map((member) => pathBelow(member.dataset, root.dataset)),
    snapshot: fullNameOf(root),
    setAside: asides.has(root.dataset),
    cloneOf: origins.get(root) ?? null,
    createdAt: new Date((root.createdAtSeconds ?? 0) * 1000).toISOString(),
    referencedBytes: members.reduce(addSize, root.referencedBytes ?? 0),
    guid: root.guid.toString(),
    note: root.note ?? null,
  };
}

function addSize(sum: number, { referencedBytes = 0 }: TaggedSnapshot): number {
  return sum + referencedBytes;
}

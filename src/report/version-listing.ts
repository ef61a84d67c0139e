import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findVersions } from '../streamline/lineage.js';
import { formatTagShort } from '../streamline/tag.js';
import { compareVersions } from '../streamline/version.js';
import { isWithin } from '../zfs/names.js';

/** A version as `list --json` gives it. */
export interface VersionListing {
  readonly version: string;
  readonly dataset: string;
  /** Of a tree that was tagged as a whole: what is below the dataset and belongs to the version, by relative path. */
  readonly members: readonly string[];
  readonly snapshot: string;
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

/** A streamline as `list --json` gives it, oldest version first. */
export interface StreamlineListing {
  readonly name: string;
  readonly versions: readonly VersionListing[];
}

/** Lists the versions that a host has, by streamline. The inventory has to have been read with details. */
export function listStreamlines(datasets: Datasets): StreamlineListing[] {
  const byName = new Map<string, TaggedSnapshot[]>();
  for (const version of findVersions(datasets)) {
    const versions = byName.get(version.tag.streamline);
    if (versions === undefined) byName.set(version.tag.streamline, [version]);
    else versions.push(version);
  }
  const tagNames = new Map(
    [...findVersions(datasets)].map((version) => [fullNameOf(version), formatTagShort(version.tag)]),
  );
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, versions]) => ({
      name,
      versions: joinTrees(versions.sort(byVersionThenDataset)).map((tree) =>
        toListing(tree, datasets, tagNames),
      ),
    }));
}

/** A version of one dataset, or of a tree that was tagged as a whole: the upper part, and what is below it. */
interface Tree {
  readonly root: TaggedSnapshot;
  readonly members: TaggedSnapshot[];
}

/** Joins the members of trees. The versions are in order, so that what is below a dataset comes after it. */
function joinTrees(versions: readonly TaggedSnapshot[]): Tree[] {
  const trees: Tree[] = [];
  let sameVersion: Tree[] = [];
  for (const version of versions) {
    if (sameVersion[0]?.root.name !== version.name) sameVersion = [];
    const tree = sameVersion.find(({ root }) => isWithin(version.dataset, root.dataset));
    if (tree !== undefined) {
      tree.members.push(version);
      continue;
    }
    const fresh = { root: version, members: [] };
    sameVersion.push(fresh);
    trees.push(fresh);
  }
  return trees;
}

function toListing(
  { root, members }: Tree,
  datasets: Datasets,
  tagNames: ReadonlyMap<string, string>,
): VersionListing {
  const dataset = datasets.get(root.dataset);
  const isFirst = dataset?.snapshots.find(isTagged) === root;
  const origin = isFirst ? dataset.origin : undefined;
  return {
    version: root.tag.version.text,
    dataset: root.dataset,
    members: members.map((member) => member.dataset.slice(root.dataset.length + 1)),
    snapshot: fullNameOf(root),
    cloneOf: origin === undefined ? null : (tagNames.get(origin) ?? origin),
    createdAt: new Date((root.createdAtSeconds ?? 0) * 1000).toISOString(),
    referencedBytes: [root, ...members].reduce((sum, member) => sum + (member.referencedBytes ?? 0), 0),
    guid: root.guid.toString(),
    note: root.note ?? null,
  };
}

function byVersionThenDataset(a: TaggedSnapshot, b: TaggedSnapshot): number {
  return compareVersions(a.tag.version, b.tag.version) || (a.dataset < b.dataset ? -1 : 1);
}

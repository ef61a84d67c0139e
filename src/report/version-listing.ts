import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findVersions } from '../streamline/lineage.js';
import { formatTagShort } from '../streamline/tag.js';
import { joinTrees, pathBelow, type Tree } from '../streamline/trees.js';
import { compareVersions } from '../streamline/version.js';

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
    members: members.map((member) => pathBelow(member.dataset, root.dataset)),
    snapshot: fullNameOf(root),
    cloneOf: origin === undefined ? null : (tagNames.get(origin) ?? origin),
    createdAt: new Date((root.createdAtSeconds ?? 0) * 1000).toISOString(),
    referencedBytes: [root, ...members].reduce((sum, member) => sum + (member.referencedBytes ?? 0), 0),
    guid: root.guid.toString(),
  };
}

function byVersionThenDataset(a: TaggedSnapshot, b: TaggedSnapshot): number {
  return compareVersions(a.tag.version, b.tag.version) || (a.dataset < b.dataset ? -1 : 1);
}

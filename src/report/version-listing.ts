import { fullNameOf, isTagged, type Datasets } from '../streamline/dataset.js';
import { findVersions, groupByStreamline } from '../streamline/lineage.js';
import { formatTagShort } from '../streamline/tag.js';
import { joinTrees, pathBelow, type Tree } from '../streamline/tree.js';

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
  const tagNames = new Map(
    [...findVersions(datasets)].map((version) => [fullNameOf(version), formatTagShort(version.tag)]),
  );
  return [...groupByStreamline(findVersions(datasets))].map(([name, versions]) => ({
    name,
    versions: joinTrees(versions).map((tree) => toListing(tree, datasets, tagNames)),
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
    note: root.note ?? null,
  };
}

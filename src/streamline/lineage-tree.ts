import {
  fullNameOf,
  isTagged,
  nameForPeople,
  type Dataset,
  type Datasets,
  type TaggedSnapshot,
} from './dataset.js';
import { datasetOf } from './lineage.js';
import type { Tag } from './tag.js';
import { joinTrees } from './tree.js';

/** A dataset in the graph of clones. */
export interface LineageNode {
  readonly dataset: string;
  /** How many datasets below it belong to its versions. */
  readonly members: number;
  /** Its versions that are chosen, oldest first. */
  readonly versions: readonly TaggedSnapshot[];
  /** What it was cloned from, as people call it, and by its full name; undefined for what is no clone of something that is listed. */
  readonly from: { readonly name: string; readonly fullName: string } | undefined;
  /** Its clones that have chosen versions, or come from one. */
  readonly clones: readonly LineageNode[];
}

/** How a graph of clones is made. */
export interface LineageOptions {
  readonly isChosen: (tag: Tag) => boolean;
  /** Datasets that belong to no tree. */
  readonly apart: ReadonlySet<string>;
}

/**
 * The datasets of a host that have chosen versions, and those that they were cloned from, as trees: what was cloned stands below what it
 * was cloned from. Members of a tree stand for nothing of their own, unless they were cloned from something else than their root was.
 */
export function buildLineages(datasets: Datasets, { isChosen, apart }: LineageOptions): LineageNode[] {
  const chosen = [...datasets.values()].flatMap(({ snapshots }) =>
    snapshots.filter(isTagged).filter(({ tag }) => isChosen(tag)),
  );
  const members = countMembers(chosen, apart);
  const clonesOf = new Map<string, Dataset[]>();
  for (const dataset of datasets.values()) {
    const parent = dataset.origin === undefined ? undefined : datasetOf(dataset.origin);
    if (parent === undefined || !datasets.has(parent)) continue;
    const clones = clonesOf.get(parent);
    if (clones === undefined) clonesOf.set(parent, [dataset]);
    else clones.push(dataset);
  }
  const seen = new Set<string>();
  const toNode = (dataset: Dataset, from: LineageNode['from']): LineageNode | undefined => {
    if (seen.has(dataset.name)) return undefined;
    seen.add(dataset.name);
    const versions = dataset.snapshots.filter(isTagged).filter(({ tag }) => isChosen(tag));
    const clones = (clonesOf.get(dataset.name) ?? [])
      .sort((a, b) => compareOrigins(dataset, a, b))
      .flatMap((clone) => {
        const origin = dataset.snapshots.find((snapshot) => fullNameOf(snapshot) === clone.origin);
        const name = origin === undefined ? (clone.origin ?? '') : nameForPeople(origin);
        const isOfChosen = origin !== undefined && isTagged(origin) && isChosen(origin.tag);
        const node = toNode(clone, { name, fullName: clone.origin ?? '' });
        const isShown =
          node !== undefined && (isOfChosen || node.versions.length > 0 || node.clones.length > 0);
        const isPart = node?.clones.length === 0 && members.isClonedWithRoot(clone, datasets);
        return isShown && !isPart ? [node] : [];
      });
    return { dataset: dataset.name, members: members.count(dataset.name), versions, from, clones };
  };
  return [...datasets.values()]
    .filter(({ origin }) => origin === undefined || !datasets.has(datasetOf(origin)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((dataset) => toNode(dataset, undefined) ?? [])
    .filter(
      ({ dataset, versions, clones }) =>
        clones.length > 0 || (versions.length > 0 && !members.isMember(dataset)),
    );
}

/** Clones of earlier snapshots first. */
function compareOrigins(parent: Dataset, a: Dataset, b: Dataset): number {
  const indexOf = ({ origin }: Dataset): number =>
    parent.snapshots.findIndex((snapshot) => fullNameOf(snapshot) === origin);
  return indexOf(a) - indexOf(b) || (a.name < b.name ? -1 : 1);
}

/** Which datasets are members of trees. */
interface Members {
  /** How many a root has. */
  readonly count: (root: string) => number;
  readonly isMember: (dataset: string) => boolean;
  /** Whether a clone is a member of a tree that was cloned as a whole, which its root stands for. */
  readonly isClonedWithRoot: (clone: Dataset, datasets: Datasets) => boolean;
}

function countMembers(versions: readonly TaggedSnapshot[], apart: ReadonlySet<string>): Members {
  const rootOf = new Map<string, string>();
  const membersOf = new Map<string, Set<string>>();
  const roots = new Set<string>();
  const byStreamline = new Map<string, TaggedSnapshot[]>();
  for (const version of versions) {
    const all = byStreamline.get(version.tag.streamline);
    if (all === undefined) byStreamline.set(version.tag.streamline, [version]);
    else all.push(version);
  }
  for (const all of byStreamline.values()) {
    for (const { root, members } of joinTrees(all, apart)) {
      roots.add(root.dataset);
      const known = membersOf.get(root.dataset) ?? new Set();
      for (const { dataset } of members) {
        known.add(dataset);
        rootOf.set(dataset, root.dataset);
      }
      membersOf.set(root.dataset, known);
    }
  }
  return {
    count: (root) => membersOf.get(root)?.size ?? 0,
    isMember: (dataset) => rootOf.has(dataset) && !roots.has(dataset),
    isClonedWithRoot: ({ name, origin = '' }, datasets) => {
      const root = rootOf.get(name);
      const rootOrigin = root === undefined || roots.has(name) ? undefined : datasets.get(root)?.origin;
      if (root === undefined || rootOrigin === undefined) return false;
      return datasetOf(origin) === `${datasetOf(rootOrigin)}${name.slice(root.length)}`;
    },
  };
}

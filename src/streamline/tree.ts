import { isWithin } from '../zfs/names.js';
import type { TaggedSnapshot } from './dataset.js';
import { compareVersions } from './version.js';

/** A version of one dataset, or of a tree that was tagged as a whole: the upper part, and what is below it. */
export interface Tree {
  readonly root: TaggedSnapshot;
  readonly members: readonly TaggedSnapshot[];
}

/**
 * Joins the members of trees: versions with one name, of which one is above the others. In the order of the versions.
 * @param apart the names of datasets that belong to no tree, wherever they are
 */
export function joinTrees(
  versions: readonly TaggedSnapshot[],
  apart: ReadonlySet<string> = new Set(),
): Tree[] {
  const trees: { root: TaggedSnapshot; members: TaggedSnapshot[] }[] = [];
  let sameVersion: typeof trees = [];
  // What is below a dataset comes after it.
  for (const version of [...versions].sort(byVersionThenDataset)) {
    if (sameVersion[0]?.root.name !== version.name) sameVersion = [];
    if (apart.has(version.dataset)) {
      trees.push({ root: version, members: [] });
      continue;
    }
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

/** All that belongs to a version of a tree. */
export function partsOf({ root, members }: Tree): TaggedSnapshot[] {
  return [root, ...members];
}

/** Where a member is below the upper part of its tree, or what stands there: `b/c` for `tank/t/b/c` below `tank/t`, `` for itself. */
export function pathBelow(dataset: string, ancestor: string): string {
  return dataset.slice(ancestor.length + 1);
}

function byVersionThenDataset(a: TaggedSnapshot, b: TaggedSnapshot): number {
  return compareVersions(a.tag.version, b.tag.version) || (a.dataset < b.dataset ? -1 : 1);
}

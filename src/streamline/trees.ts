import { isWithin } from '../zfs/names.js';
import type { TaggedSnapshot } from './dataset.js';

/** A version of one dataset, or of a tree that was tagged as a whole: the upper part, and what is below it. */
export interface Tree {
  readonly root: TaggedSnapshot;
  readonly members: readonly TaggedSnapshot[];
}

/** Joins the members of trees. The versions have to be in order, so that what is below a dataset comes after it. */
export function joinTrees(versions: readonly TaggedSnapshot[]): Tree[] {
  const trees: { root: TaggedSnapshot; members: TaggedSnapshot[] }[] = [];
  let sameVersion: typeof trees = [];
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

/** Where a member is below the upper part of its tree, or what stands there: `b/c` for `tank/t/b/c` below `tank/t`, `` for itself. */
export function pathBelow(dataset: string, ancestor: string): string {
  return dataset.slice(ancestor.length + 1);
}

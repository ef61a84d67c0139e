import { quoteWord } from '../../base/shell.js';

/** Warns that a member of a tree has a version that the others don't have. */
export function describePart(dataset: string, tree: string): string {
  return `warning: ${dataset} belongs to the tree ${tree}, and this is a version of ${dataset} alone; for one of the whole tree, run "zfs-vm tag -r ${quoteWord(tree)}"`;
}

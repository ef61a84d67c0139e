import type { TreePart } from '../../tasks/clone/clone.js';
import { nameForPeople } from '../../streamline/dataset.js';
import { showCommand } from '../../base/shell.js';

/** Warns that a member of a tree has a version that the others don't have. */
export function describePart(dataset: string, tree: string): string {
  return `warning: ${dataset} belongs to the tree ${tree}, but this version contains only ${dataset}; to create a version of the whole tree, run ${showCommand('zfs-vm', 'tag', '-r', tree)}`;
}

/** Warns of a clone of a version that a tree has in part only. */
export function describeClonedPart({ version, tree }: TreePart): string {
  const name = nameForPeople(version);
  return `warning: ${name} contains only ${version.dataset}, not the whole tree ${tree}; to clone the whole tree, choose a version of ${tree}`;
}

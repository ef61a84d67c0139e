import type { Snapshot, TaggedSnapshot } from '../streamline/dataset.js';

/** How long a word of a command line may be, less what else may be in it: Linux takes 128 KiB (`MAX_ARG_STRLEN`). */
const longestWord = 100_000;

/** Snapshots of one dataset that are destroyed in one command, all or none; oldest first. */
export interface Destruction<Kind extends Snapshot = TaggedSnapshot> {
  readonly dataset: string;
  readonly snapshots: readonly Kind[];
}

/**
 * Snapshots by their datasets; of one with thousands, as many together as fit into a command line. What lies below a dataset comes
 * before it: a tree that is cut short keeps its upper part.
 */
export function groupByDataset<Kind extends Snapshot>(snapshots: readonly Kind[]): Destruction<Kind>[] {
  const ordered = [...snapshots].sort(
    (a, b) => compareTexts(b.dataset, a.dataset) || a.createtxg - b.createtxg,
  );
  const groups: { dataset: string; snapshots: Kind[] }[] = [];
  let length = 0;
  for (const snapshot of ordered) {
    const { dataset, name } = snapshot;
    const group = groups.at(-1);
    length += name.length + 1;
    if (group?.dataset === dataset && length <= longestWord) {
      group.snapshots.push(snapshot);
    } else {
      groups.push({ dataset, snapshots: [snapshot] });
      length = dataset.length + name.length + 1;
    }
  }
  return groups;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

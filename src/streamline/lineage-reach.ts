import type { Datasets, TaggedSnapshot } from './dataset.js';
import { GuidIndex } from './guid-index.js';
import type { LineageNode } from './lineage-tree.js';

/** How far another host has come with a dataset: the newest version of it that the host has, wherever it is there. */
export interface Reach {
  readonly host: string;
  readonly newest: TaggedSnapshot;
}

/**
 * How far other hosts have come, by the names of the datasets that are drawn; hosts that have nothing of one are left out there. A version is
 * known by its GUID, which it keeps on every host.
 */
export function findReaches(
  nodes: readonly LineageNode[],
  hosts: ReadonlyMap<string, Datasets>,
): ReadonlyMap<string, readonly Reach[]> {
  const indexes = Array.from(hosts, ([host, datasets]) => ({ host, snapshots: new GuidIndex(datasets) }));
  const reaches = new Map<string, readonly Reach[]>();
  const add = ({ dataset, versions, clones }: LineageNode): void => {
    const found = indexes.flatMap(({ host, snapshots }): Reach[] => {
      const newest = versions.findLast(({ guid }) => snapshots.has(guid));
      return newest === undefined ? [] : [{ host, newest }];
    });
    reaches.set(dataset, found);
    clones.forEach(add);
  };
  nodes.forEach(add);
  return reaches;
}

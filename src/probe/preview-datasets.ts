import { buildInventory } from '../inventory/inventory.js';
import type { Datasets } from '../streamline/dataset.js';
import type { DatasetRow, SnapshotRow } from '../zfs/list.js';

/**
 * What a host seems to hold when its datasets are known and its snapshots aren't yet: of each dataset, the newest one, by its name. GUIDs
 * and the order in time are made up: good for questions, and for no answer.
 */
export function previewDatasets(rows: readonly DatasetRow[]): Datasets {
  const newest = rows.flatMap(({ name: dataset, newestSnapshot: name }, index): SnapshotRow[] =>
    name === undefined ? [] : [{ kind: 'snapshot', dataset, name, guid: BigInt(index), createtxg: index }],
  );
  return buildInventory(rows, newest).datasets;
}

import type { Dataset, Datasets, Snapshot } from '../streamline/dataset.js';
import { readTag } from '../streamline/tag.js';
import type { DatasetRow, SnapshotDetails, SnapshotRow } from '../zfs/list.js';

/** A snapshot's name that begins like ours and isn't one of ours, with everywhere it was seen. */
export interface MalformedTag {
  readonly name: string;
  readonly datasets: readonly string[];
  readonly reason: string;
}

/** What one host holds at one moment. */
export interface Inventory {
  readonly datasets: Datasets;
  readonly malformedTags: readonly MalformedTag[];
}

/** Puts the rows of both lists together. Snapshots whose dataset isn't listed came or went in between: left out. */
export function buildInventory(
  datasetRows: readonly DatasetRow[],
  snapshotRows: readonly (SnapshotRow & Partial<SnapshotDetails>)[],
): Inventory {
  const snapshotsByDataset = new Map<string, Snapshot[]>(datasetRows.map((row) => [row.name, []]));
  const malformed = new Map<string, { name: string; datasets: string[]; reason: string }>();
  for (const row of snapshotRows) {
    const reading = readTag(row.name);
    const tag = reading.kind === 'tag' ? reading.tag : undefined;
    snapshotsByDataset.get(row.dataset)?.push({ ...row, tag });
    if (reading.kind !== 'malformed') continue;
    const seen = malformed.get(row.name);
    if (seen === undefined) {
      malformed.set(row.name, { name: row.name, datasets: [row.dataset], reason: reading.reason });
    } else {
      seen.datasets.push(row.dataset);
    }
  }
  const datasets = new Map<string, Dataset>();
  for (const row of datasetRows) {
    const snapshots = snapshotsByDataset.get(row.name) ?? [];
    datasets.set(row.name, { ...row, snapshots: snapshots.sort(byCreation) });
  }
  return { datasets, malformedTags: [...malformed.values()] };
}

function byCreation(a: Snapshot, b: Snapshot): number {
  return a.createtxg < b.createtxg ? -1 : a.createtxg > b.createtxg ? 1 : 0;
}

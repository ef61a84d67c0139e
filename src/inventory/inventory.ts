import type { Dataset, Datasets, Point, Snapshot } from '../streamline/dataset.js';
import { readTag } from '../streamline/tag.js';
import type { DatasetRow, SnapshotDetails, SnapshotRow } from '../zfs/list.js';
import type { ResumeTokenContent } from '../zfs/resume-token.js';

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

/**
 * Puts the lists together; `tokens` says what each resume token is about. Snapshots whose dataset isn't listed came or went in
 * between: left out.
 */
export function buildInventory(
  datasetRows: readonly DatasetRow[],
  snapshotRows: readonly (SnapshotRow & Partial<SnapshotDetails>)[],
  tokens: ReadonlyMap<string, ResumeTokenContent> = new Map(),
): Inventory {
  const pointsByDataset = new Map<string, { snapshots: Snapshot[]; bookmarks: Point[] }>();
  for (const row of datasetRows) pointsByDataset.set(row.name, { snapshots: [], bookmarks: [] });
  const malformed = new Map<string, { name: string; datasets: string[]; reason: string }>();
  for (const row of snapshotRows) {
    const points = pointsByDataset.get(row.dataset);
    if (row.kind === 'bookmark') {
      points?.bookmarks.push(row);
      continue;
    }
    const reading = readTag(row.name);
    points?.snapshots.push({ ...row, kind: row.kind, tag: reading.kind === 'tag' ? reading.tag : undefined });
    if (reading.kind !== 'malformed') continue;
    const seen = malformed.get(row.name);
    if (seen !== undefined) seen.datasets.push(row.dataset);
    else malformed.set(row.name, { name: row.name, datasets: [row.dataset], reason: reading.reason });
  }
  const datasets = new Map<string, Dataset>();
  for (const { resumeToken: token, ...row } of datasetRows) {
    const { snapshots = [], bookmarks = [] } = pointsByDataset.get(row.name) ?? {};
    datasets.set(row.name, {
      ...row,
      partial: token === undefined ? undefined : { token, content: tokens.get(token) },
      snapshots: snapshots.sort(byCreation),
      bookmarks: bookmarks.sort(byCreation),
    });
  }
  return { datasets, malformedTags: [...malformed.values()] };
}

function byCreation(a: Point, b: Point): number {
  return a.createtxg < b.createtxg ? -1 : a.createtxg > b.createtxg ? 1 : 0;
}

import type { Dataset, Datasets, Point, Snapshot } from '../streamline/dataset.js';
import { TagReader, type TagReading } from '../streamline/tag.js';
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
  snapshotRows: Iterable<SnapshotRow & Partial<SnapshotDetails>>,
  tokens: ReadonlyMap<string, ResumeTokenContent> = new Map(),
): Inventory {
  const pointsByDataset = new Map<string, Points>();
  for (const row of datasetRows) pointsByDataset.set(row.name, { snapshots: [], bookmarks: [] });
  const tags = new TagReader();
  const malformed = new Map<string, { name: string; datasets: string[]; reason: string }>();
  let [dataset, points]: [string | undefined, Points | undefined] = [undefined, undefined];
  for (const row of snapshotRows) {
    // Most rows are about the dataset of the one before.
    if (row.dataset !== dataset) {
      dataset = row.dataset;
      points = pointsByDataset.get(dataset);
    }
    if (row.kind === 'bookmark') {
      points?.bookmarks.push(row);
      continue;
    }
    const reading = tags.read(row.name);
    points?.snapshots.push(toSnapshot(row, reading));
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

interface Points {
  readonly snapshots: Snapshot[];
  readonly bookmarks: Point[];
}

/** Field by field, as spreading a row takes ten times as long, and a host may have millions. */
function toSnapshot(row: SnapshotRow & Partial<SnapshotDetails>, reading: TagReading): Snapshot {
  const { dataset, name, guid, createtxg, createdAtSeconds, referencedBytes } = row;
  const tag = reading.kind === 'tag' ? reading.tag : undefined;
  const snapshot = { kind: 'snapshot', dataset, name, guid, createtxg, tag } as const;
  return createdAtSeconds === undefined || referencedBytes === undefined
    ? snapshot
    : { ...snapshot, createdAtSeconds, referencedBytes };
}

function byCreation(a: Point, b: Point): number {
  return a.createtxg - b.createtxg;
}

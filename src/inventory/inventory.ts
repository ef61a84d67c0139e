import type { Dataset, Datasets, Point, Snapshot } from '../streamline/dataset.js';
import { readTag, TagReader } from '../streamline/tag.js';
import type { DatasetRow, SnapshotDetails, SnapshotRow } from '../zfs/list.js';
import { copyText } from '../zfs/list-fields.js';
import type { SnapshotSink } from '../zfs/snapshot-scanner.js';
import type { Property } from '../zfs/properties.js';
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
  /** What is set of the properties that were asked for, by the dataset. */
  readonly properties: ReadonlyMap<string, readonly Property[]>;
  /** Whether they can't be told from each other, since somebody's value has a line end or the like: then there are none of them. */
  readonly lacksProperties: boolean;
  /**
   * Whether the host's shell prints something of its own before what it is asked for; only known of one that was read whole, as
   * senders are.
   */
  readonly hasNoise: boolean;
  /** Whether somebody's note can't be told from lines of the list, so that it was read without any. */
  readonly lacksNotes: boolean;
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
  const builder = new InventoryBuilder(datasetRows, tokens);
  for (const row of snapshotRows) {
    const { createdAtSeconds = 0, referencedBytes = 0, note } = row;
    const details = 'referencedBytes' in row ? { createdAtSeconds, referencedBytes, note } : undefined;
    builder.add(row, details);
  }
  return builder.build();
}

/** Puts the lists together as they are read, with as few objects as can be: a host may have millions of snapshots. */
export class InventoryBuilder implements SnapshotSink {
  readonly #datasetRows: readonly DatasetRow[];
  readonly #tokens: ReadonlyMap<string, ResumeTokenContent>;
  readonly #points = new Map<string, Points>();
  readonly #tags = new TagReader();
  readonly #malformed = new Map<string, { name: string; datasets: string[]; reason: string }>();
  /** How many snapshots and bookmarks were added. */
  size = 0;
  /** The dataset of the last row: most are about the same one as the row before. */
  #dataset = '';
  #pointsOfDataset: Points | undefined;

  constructor(datasetRows: readonly DatasetRow[], tokens: ReadonlyMap<string, ResumeTokenContent>) {
    this.#datasetRows = datasetRows;
    this.#tokens = tokens;
    for (const row of datasetRows) {
      this.#points.set(row.name, { dataset: row.name, snapshots: [], bookmarks: [] });
    }
  }

  /** Adds a snapshot or bookmark. */
  add({ kind, dataset, name, guid, createtxg }: SnapshotRow, details?: SnapshotDetails): void {
    if (dataset !== this.#dataset) {
      this.#dataset = dataset;
      this.#pointsOfDataset = this.#points.get(dataset);
    }
    this.size++;
    const points = this.#pointsOfDataset;
    const place = points?.dataset ?? dataset;
    if (kind === 'bookmark') {
      points?.bookmarks.push({ kind, dataset: place, name: copyText(name), guid, createtxg });
      return;
    }
    const tag = this.#tags.read(name);
    if (tag === undefined) this.#checkUntagged(name, place);
    points?.snapshots.push(
      makeSnapshot({ kind, dataset: place, name: copyText(name), guid, createtxg, tag }, details),
    );
  }

  build(): Inventory {
    const datasets = new Map<string, Dataset>();
    for (const row of this.#datasetRows) {
      const { name, type, origin, encrypted, writtenBytes, madeAtSeconds, resumeToken: token } = row;
      const { guid, encryptionRoot, keyStatus, role, isGround } = row;
      const { snapshots = [], bookmarks = [] } = this.#points.get(name) ?? {};
      datasets.set(name, {
        ...{ name, type, origin, encrypted, writtenBytes, madeAtSeconds },
        ...{ guid, encryptionRoot, keyStatus, role, isGround },
        partial: token === undefined ? undefined : { token, content: this.#tokens.get(token) },
        snapshots: putInOrder(snapshots),
        bookmarks: putInOrder(bookmarks),
      });
    }
    return {
      ...{ datasets, malformedTags: [...this.#malformed.values()], properties: new Map() },
      ...{ hasNoise: false, lacksNotes: false, lacksProperties: false },
    };
  }

  /** Notes a name that is nearly one of ours. */
  #checkUntagged(name: string, dataset: string): void {
    const reading = readTag(name);
    if (reading.kind !== 'malformed') return;
    const { reason } = reading;
    const seen = this.#malformed.get(name);
    if (seen !== undefined) seen.datasets.push(dataset);
    else this.#malformed.set(name, { name, datasets: [dataset], reason });
  }
}

/** In one go: an object to which fields are added takes three times the memory. */
function makeSnapshot(snapshot: Snapshot, details: SnapshotDetails | undefined): Snapshot {
  if (details === undefined) return snapshot;
  const { kind, dataset, name, guid, createtxg, tag } = snapshot;
  const { createdAtSeconds, referencedBytes, note } = details;
  return { kind, dataset, name, guid, createtxg, tag, createdAtSeconds, referencedBytes, note };
}

interface Points {
  /** Its name, the one string for all of them. */
  readonly dataset: string;
  readonly snapshots: Snapshot[];
  readonly bookmarks: Point[];
}

/** Oldest first, and each once: a name that was asked for twice is answered twice. */
function putInOrder<T extends Point>(points: T[]): T[] {
  points.sort((a, b) => a.createtxg - b.createtxg);
  const isRepeated = (point: T, index: number): boolean => {
    const before = points[index - 1];
    return before?.createtxg === point.createtxg && before.name === point.name && before.guid === point.guid;
  };
  // Hardly ever, and a copy of every list would cost.
  return points.some(isRepeated) ? points.filter((point, index) => !isRepeated(point, index)) : points;
}

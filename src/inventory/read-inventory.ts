import { ZfsVmError } from '../base/errors.js';
import { noBody } from '../host/ask.js';
import type { Endpoint } from '../host/endpoint.js';
import type { ListedColumns } from '../requests/list-scripts.js';
import type { RequestOf } from '../requests/request.js';
import { toPrintable } from '../base/printable.js';
import { parseDatasets, type DatasetRow } from '../zfs/list.js';
import { scanDetailedSnapshots, scanSnapshots, type SnapshotSink } from '../zfs/snapshot-scanner.js';
import { UnreadableOutput } from '../zfs/list-fields.js';
import { parseProperties } from '../zfs/properties.js';
import { parseResumeToken, type ResumeTokenContent } from '../zfs/resume-token.js';
import { InventoryBuilder, type Inventory } from './inventory.js';
import { ListReader } from './list-reader.js';
import { askForLists } from './zfs-script.js';

/** How an inventory is read. */
export interface ReadOptions {
  /**
   * `tagged`: the snapshots and bookmarks of datasets that have versions, or that others were cloned from; the rest stays on the
   * host. `all` is what a receiver is asked for: there, anything may be the base of an increment.
   */
  readonly scope: 'tagged' | 'all';
  /** Age, size and notes of the snapshots too, which takes several times longer. */
  readonly details?: boolean;
  /** These properties of all datasets too, where they are set. */
  readonly properties?: readonly string[];
  /** Told of the datasets when they are listed, before the snapshots are; not of a list that can't be read. */
  readonly onDatasets?: ((rows: readonly DatasetRow[]) => void) | undefined;
  readonly signal?: AbortSignal;
}

/** The datasets of a host, with what the tokens of interrupted receives are about. */
export interface DatasetList {
  readonly rows: readonly DatasetRow[];
  readonly tokens: ReadonlyMap<string, ResumeTokenContent>;
}

/**
 * Reads what a host holds: one command, one round trip. Only where a note makes its list unreadable, there is a second one.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readInventory(endpoint: Endpoint, options: ReadOptions): Promise<Inventory> {
  return readDespiteValues(async (columns) => {
    const withNotes = columns === 'all';
    if (options.details !== true) {
      return readLists(endpoint, { ...options, columns }, 'quick', scanSnapshots);
    }
    const scan = (text: string, sink: SnapshotSink): void => {
      scanDetailedSnapshots(text, sink, { withNotes });
    };
    const inventory = await readLists(
      endpoint,
      { ...options, columns },
      withNotes ? 'noted' : 'detailed',
      scan,
    );
    return { ...inventory, lacksNotes: !withNotes };
  });
}

/**
 * Reads lists with what people have written into user properties, and where that makes them unreadable, without: somebody's odd value
 * on some dataset is no reason to do nothing at all.
 * @throws ZfsVmError what `read` throws, of the plain list where it comes to that
 */
export async function readDespiteValues<T>(read: (columns: ListedColumns) => Promise<T>): Promise<T> {
  try {
    return await read('all');
  } catch (error) {
    if (!(error instanceof ZfsVmError) || !(error.cause instanceof UnreadableOutput)) throw error;
    return read('plain');
  }
}

/** Reads what a host holds, its snapshots as they are listed and scanned by these. */
async function readLists(
  endpoint: Endpoint,
  { scope, properties = [], onDatasets, columns, signal }: ReadOptions & { readonly columns: ListedColumns },
  snapshots: RequestOf<'inventory'>['snapshots'],
  scan: typeof scanSnapshots,
): Promise<Inventory> {
  const tellReadable = (text: string): void => {
    const rows = parseReadable(text);
    if (rows !== undefined) onDatasets?.(rows);
  };
  let builder = new InventoryBuilder([], new Map());
  const reader = new ListReader((lines) => {
    scan(lines, builder);
    checkSize(endpoint, builder);
  });
  const { hasNoise, ...texts } = await askForLists<'inventory'>(
    endpoint,
    { kind: 'inventory', columns, snapshots, scope, properties },
    noBody,
    {
      ...{ signal, onFirst: onDatasets && tellReadable },
      readLast: (before) => {
        const rows = parseReadable(before.datasets);
        if (rows !== undefined) builder = new InventoryBuilder(rows, parseTokens(before.tokens));
        return reader.feed;
      },
    },
  );
  return understand(endpoint, () => {
    parseDatasets(texts.datasets);
    reader.finish();
    return { ...builder.build(), ...readProperties(texts.properties, properties), hasNoise };
  });
}

/** Reads the properties of all datasets: one that nobody wants to send may have a value that makes the list unreadable. */
function readProperties(
  output: string,
  names: readonly string[],
): Pick<Inventory, 'properties' | 'lacksProperties'> {
  try {
    return { properties: parseProperties(output, names), lacksProperties: false };
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    return { properties: new Map(), lacksProperties: true };
  }
}

/** How many snapshots and bookmarks are kept of a host: what takes most of a gigabyte. */
const mostPoints = 3_000_000;

/** A zfs that prints without end must be ended somewhere. @throws ZfsVmError when there are more snapshots than can be kept */
function checkSize({ host }: Endpoint, { size }: InventoryBuilder): void {
  if (size <= mostPoints) return;
  throw new ZfsVmError(
    'failed',
    `${host.name}: zfs list printed more than ${mostPoints} snapshots and bookmarks`,
    {
      hint: 'on that host, check the output of "zfs list -t snapshot,bookmark"',
    },
  );
}

/** An inventory from the lists as zfs prints them. @throws UnreadableOutput at the first line that isn't a snapshot */
export function readQuickly(
  rows: readonly DatasetRow[],
  snapshots: string,
  tokens: ReadonlyMap<string, ResumeTokenContent>,
): Inventory {
  const builder = new InventoryBuilder(rows, tokens);
  scanSnapshots(snapshots, builder);
  return builder.build();
}

/**
 * Reads a host's datasets, which is cheap however many snapshots there are.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readDatasets(endpoint: Endpoint, signal?: AbortSignal): Promise<DatasetList> {
  return readDespiteValues(async (columns) => {
    const texts = await askForLists<'datasets'>(endpoint, { kind: 'datasets', columns }, noBody, { signal });
    return understand(endpoint, () => ({
      rows: parseDatasets(texts.datasets),
      tokens: parseTokens(texts.tokens),
    }));
  });
}

/**
 * Reads all snapshots and bookmarks of a host of which the datasets are known already.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readSnapshots(
  endpoint: Endpoint,
  { rows, tokens }: DatasetList,
  signal?: AbortSignal,
): Promise<Inventory> {
  const builder = new InventoryBuilder(rows, tokens);
  const reader = new ListReader((lines) => {
    scanSnapshots(lines, builder);
    checkSize(endpoint, builder);
  });
  const options = { readLast: () => reader.feed, signal };
  await askForLists<'snapshots'>(endpoint, { kind: 'snapshots' }, noBody, options);
  return understand(endpoint, () => {
    reader.finish();
    return builder.build();
  });
}

/** The datasets in a list; undefined where it cannot be read, which is reported with the whole answer. */
function parseReadable(text: string): DatasetRow[] | undefined {
  try {
    return parseDatasets(text);
  } catch (error) {
    if (error instanceof UnreadableOutput) return undefined;
    throw error;
  }
}

/** Reads what zfs printed. @throws ZfsVmError when there is a line that can't be read, which is the cause */
export function understand<T>({ host }: Endpoint, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    const line = toPrintable(error.message);
    throw new ZfsVmError('failed', `${host.name}: unexpected output of zfs list: ${line}`, {
      hint: 'on that host, check the output of "zfs list", and whether login scripts print anything',
      cause: error,
    });
  }
}

/** Reads what `tokenLines` print. */
export function parseTokens(output: string): Map<string, ResumeTokenContent> {
  const contents = new Map<string, ResumeTokenContent>();
  for (const text of output.split(/^token (?=[0-9]-)/m).slice(1)) {
    const [token = ''] = text.split('\n');
    const content = parseResumeToken(text);
    if (content !== undefined) contents.set(token, content);
  }
  return contents;
}

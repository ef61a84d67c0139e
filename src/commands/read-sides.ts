import type { Endpoint } from '../host/endpoint.js';
import { buildInventory, type Inventory } from '../inventory/inventory.js';
import {
  readDatasets,
  readDatasetsUnless,
  readInventory,
  readNamedSnapshots,
  readSnapshots,
  readSnapshotsOf,
  type DatasetList,
} from '../inventory/read-inventory.js';
import { findDiffering, findLikelyPlaces, findProbes, namesOfNewest, namesToAskFor } from '../plan/probe.js';
import { findSources, type Choice, type Source } from '../plan/sources.js';
import { fullNameOf } from '../streamline/dataset.js';
import type { Inquiry, TransferEvent } from '../transfer/event.js';
import type { DatasetRow, SnapshotRow } from '../zfs/list.js';
import { ancestorsOf } from '../zfs/names.js';

/** How both sides are read. */
export interface ReadSidesOptions {
  readonly choice: Choice;
  /** The receiver's dataset that new ones go under; undefined when they keep their names. */
  readonly destination: string | undefined;
  /** Whether all of the receiver's snapshots are read, also those that make no difference to a simple plan. */
  readonly isThorough: boolean;
  /** Properties of the sender's datasets that are wanted too. */
  readonly properties: readonly string[];
  /** Reads the sender where others want to know the same of it; it is read for this alone when left out. */
  readonly readSender?: ((read: () => Promise<Inventory>) => Promise<Inventory>) | undefined;
  readonly signal: AbortSignal;
  readonly emit: (event: TransferEvent) => void;
}

/** What both sides hold. */
export interface Inventories {
  readonly sender: Inventory;
  readonly receiver: Inventory;
  /** Reads the receiver's other snapshots too; undefined when all are known already. */
  readonly readRest: (() => Promise<Inventory>) | undefined;
}

/**
 * Reads both sides at once. Unless it is to be thorough, the receiver is only asked for its datasets and the snapshots that tell
 * how far it is, then for those of the datasets that differ.
 * @param sides the endpoints as they are being connected to; a copy within one machine has one for both
 * @throws ZfsVmError when a host can't be reached or read
 */
export async function readSides(
  sides: { readonly sender: Promise<Endpoint>; readonly receiver: Promise<Endpoint> },
  options: ReadSidesOptions,
): Promise<Inventories> {
  const reader = new SideReader(options);
  const { choice, isThorough, properties, readSender } = options;
  if (sides.sender === sides.receiver) {
    const both = await reader.readWhole(sides.receiver, 'all', properties);
    return { sender: both, receiver: both, readRest: undefined };
  }
  const readSenderAlone = (): Promise<Inventory> =>
    reader.readWhole(sides.sender, choice.allSnapshots ? 'all' : 'tagged', properties);
  const sending = readSender === undefined ? readSenderAlone() : readSender(readSenderAlone);
  if (!isThorough) return reader.probe(sending, sides.receiver);
  const [sender, receiver] = await Promise.all([sending, reader.readWhole(sides.receiver, 'all', [])]);
  return { sender, receiver, readRest: undefined };
}

/** What a receiver answered first. */
interface FirstAnswer {
  /** Its datasets; undefined when it has all the newest versions where they were expected. */
  readonly list: DatasetList | undefined;
  /** The snapshots that were asked for, by full name, and those of them that are there. */
  readonly asked: ReadonlySet<string>;
  readonly found: readonly SnapshotRow[];
}

class SideReader {
  readonly #options: ReadSidesOptions;

  constructor(options: ReadSidesOptions) {
    this.#options = options;
  }

  async readWhole(
    opening: Promise<Endpoint>,
    scope: 'tagged' | 'all',
    properties: readonly string[],
  ): Promise<Inventory> {
    const endpoint = await opening;
    this.#emitReading(endpoint, { kind: 'all' });
    const { signal } = this.#options;
    return this.#emitRead(endpoint, await readInventory(endpoint, { scope, properties, signal }));
  }

  /** Reads no more of the receiver than tells how far it is. */
  async probe(sending: Promise<Inventory>, opening: Promise<Endpoint>): Promise<Inventories> {
    const { choice, destination, signal } = this.#options;
    const [sender, endpoint] = await Promise.all([sending, opening]);
    const sources = findSources(sender.datasets, choice);
    const likely = findLikelyPlaces(sources, destination);
    const { list, asked, found } = await this.#askFirst(sources, likely, endpoint);
    if (list === undefined) {
      const readAll = (): Promise<Inventory> => this.readWhole(opening, 'all', []);
      const receiver = this.#emitRead(endpoint, buildInventory(placesOf(found), found));
      return { sender, receiver, readRest: readAll };
    }
    const readRest = async (): Promise<Inventory> => {
      this.#emitReading(endpoint, { kind: 'snapshots' });
      return this.#emitRead(endpoint, await readSnapshots(endpoint, list, signal));
    };
    const probes = findProbes(sources, new Set(list.rows.map((row) => row.name)), likely);
    if (probes === undefined) return { sender, receiver: await readRest(), readRest: undefined };

    const others = namesToAskFor(probes).filter((name) => !asked.has(name));
    if (others.length > 0) this.#emitReading(endpoint, { kind: 'named', count: others.length });
    const known = [...found, ...(await readNamedSnapshots(endpoint, others, signal))];
    const differing = new Set(
      findDiffering(probes, new Map(known.map((row) => [fullNameOf(row), row.guid]))),
    );
    if (differing.size > 0) this.#emitReading(endpoint, { kind: 'snapshots-of', count: differing.size });
    const listed = await readSnapshotsOf(endpoint, [...differing], signal);
    const rows = [...known.filter((row) => !differing.has(row.dataset)), ...listed];
    const receiver = this.#emitRead(endpoint, buildInventory(list.rows, rows, list.tokens));
    return { sender, receiver, readRest };
  }

  /**
   * Asks a receiver for the snapshots that most likely tell how far it is, and in the same command for its datasets, unless it has
   * all the newest versions there.
   */
  async #askFirst(
    sources: readonly Source[],
    likely: ReadonlyMap<string, string>,
    endpoint: Endpoint,
  ): Promise<FirstAnswer> {
    const { signal } = this.#options;
    const probes = findProbes(sources, new Set(likely.values()), likely) ?? [];
    const asked = new Set(namesToAskFor(probes));
    this.#emitReading(endpoint, { kind: 'datasets', named: asked.size });
    if (asked.size === 0) return { list: await readDatasets(endpoint, signal), asked, found: [] };
    const newest = namesOfNewest(probes);
    const expected = new Map([...asked].map((name) => [name, newest.get(name)]));
    return { ...(await readDatasetsUnless(endpoint, expected, signal)), asked };
  }

  #emitReading({ host }: Endpoint, what: Inquiry): void {
    this.#options.emit({ kind: 'reading', host: host.name, what });
  }

  #emitRead({ host }: Endpoint, inventory: Inventory): Inventory {
    let snapshots = 0;
    for (const dataset of inventory.datasets.values()) snapshots += dataset.snapshots.length;
    this.#options.emit({ kind: 'read', host: host.name, datasets: inventory.datasets.size, snapshots });
    return inventory;
  }
}

/** The datasets of snapshots that were found, and those above: nothing else is known of them, but that they are there. */
function placesOf(found: readonly SnapshotRow[]): DatasetRow[] {
  const names = new Set(found.flatMap(({ dataset }) => [...ancestorsOf(dataset), dataset]));
  return [...names].map((name) => ({
    ...{ name, type: 'filesystem', origin: undefined, encrypted: false, writtenBytes: 0 },
    resumeToken: undefined,
  }));
}

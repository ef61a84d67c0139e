import type { Endpoint } from '../host/endpoint.js';
import type { Inventory } from '../inventory/inventory.js';
import { readInventory, readSnapshots } from '../inventory/read-inventory.js';
import type { Choice } from '../plan/choice.js';
import type { Foresight } from '../plan/foresight.js';
import { findSources } from '../plan/sources.js';
import type { DatasetRow } from '../zfs/list.js';
import { previewDatasets } from './preview-datasets.js';
import { probeReceiver } from './probe-receiver.js';
import type { QuickLook } from './questions/is-conclusive.js';
import { namesToAskFor } from './questions/names-to-ask.js';
import { findLikelyProbes } from './questions/probes.js';
import type { Inquiry, ReadingEvent } from './reading-event.js';

/** A sender that is being read. */
export interface SenderReading {
  /** Its datasets, before its snapshots are known; undefined when they weren't told before. */
  readonly rows: Promise<readonly DatasetRow[] | undefined>;
  readonly inventory: Promise<Inventory>;
}

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
  readonly readSender?: ((read: () => SenderReading) => SenderReading) | undefined;
  /** What the sender will have by then; only for what is planned, and not done. */
  readonly foresight?: Foresight | undefined;
  readonly signal: AbortSignal;
  readonly emit: (event: ReadingEvent) => void;
}

/** What both sides hold. */
export interface Inventories {
  readonly sender: Inventory;
  readonly receiver: Inventory;
  /** Where not all of the receiver's snapshots are known, how it was looked at. */
  readonly quickLook: (QuickLook & { readonly readRest: () => Promise<Inventory> }) | undefined;
  /** Whether it is known of all versions that are to be sent whether the receiver has them where its copies are. */
  readonly knowsAll: boolean;
}

/**
 * Reads both sides at once. Unless it is to be thorough, the receiver is only asked for the snapshots that tell how far it is, which it
 * looks for while the sender's are still listed, and of the datasets that differ, for what they end with.
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
    const both = reader.foresee(
      await sides.sender,
      await reader.readWhole(sides.receiver, 'all', properties),
    );
    return { sender: both, receiver: both, quickLook: undefined, knowsAll: true };
  }
  const readSenderAlone = (): SenderReading =>
    reader.beginReading(sides.sender, choice.datasets === undefined ? 'tagged' : 'all', properties);
  const sending = readSender === undefined ? readSenderAlone() : readSender(readSenderAlone);
  if (!isThorough) return reader.probe(sending, sides.receiver);
  const [sender, receiver] = await Promise.all([
    sending.inventory,
    reader.readWhole(sides.receiver, 'all', []),
  ]);
  return { sender, receiver, quickLook: undefined, knowsAll: true };
}

class SideReader {
  readonly #options: ReadSidesOptions;

  constructor(options: ReadSidesOptions) {
    this.#options = options;
  }

  /** Reads the sender, and tells its datasets on the way. */
  beginReading(
    opening: Promise<Endpoint>,
    scope: 'tagged' | 'all',
    properties: readonly string[],
  ): SenderReading {
    let tell: (rows: readonly DatasetRow[]) => void = () => undefined;
    const told = new Promise<readonly DatasetRow[]>((resolve) => {
      tell = resolve;
    });
    const inventory = this.readWhole(opening, scope, properties, tell).then(async (read) =>
      this.foresee(await opening, read),
    );
    const rows = Promise.race([told, inventory.then(() => undefined)]);
    // Not everybody wants them; who wants the inventory hears what went wrong.
    rows.catch(() => undefined);
    return { rows, inventory };
  }

  async readWhole(
    opening: Promise<Endpoint>,
    scope: 'tagged' | 'all',
    properties: readonly string[],
    onDatasets?: (rows: readonly DatasetRow[]) => void,
  ): Promise<Inventory> {
    const endpoint = await opening;
    this.#emitReading(endpoint, { kind: 'all' });
    const { signal } = this.#options;
    return this.#emitRead(endpoint, await readInventory(endpoint, { scope, properties, onDatasets, signal }));
  }

  /** What the sender has, and will have by then. */
  foresee({ host }: Endpoint, inventory: Inventory): Inventory {
    const { foresight } = this.#options;
    if (foresight === undefined) return inventory;
    return { ...inventory, datasets: foresight.apply(host.name, inventory.datasets) };
  }

  /** Reads no more of the receiver than tells how far it is. */
  async probe(sending: SenderReading, opening: Promise<Endpoint>): Promise<Inventories> {
    const { choice, destination, signal } = this.#options;
    const [rows, endpoint] = await Promise.all([sending.rows, opening]);
    const likely = findLikelyProbes(findSources(previewDatasets(rows ?? []), choice), destination);
    const { inventory, datasets, probes, knowsAll } = await probeReceiver({
      ...{ endpoint, destination, signal, expected: namesToAskFor(likely) },
      sources: sending.inventory.then(({ datasets: known }) => findSources(known, choice)),
      onQuestion: (what) => {
        this.#emitReading(endpoint, what);
      },
    });
    const readRest = async (): Promise<Inventory> => {
      if (datasets === undefined) return this.readWhole(opening, 'all', []);
      this.#emitReading(endpoint, { kind: 'snapshots' });
      return this.#emitRead(endpoint, await readSnapshots(endpoint, datasets, signal));
    };
    const sender = await sending.inventory;
    if (inventory === undefined) {
      const receiver = await readRest();
      return { sender, receiver, quickLook: undefined, knowsAll: true };
    }
    const receiver = this.#emitRead(endpoint, inventory);
    const quickLook = { probes, knowsAllDatasets: datasets !== undefined, readRest };
    return { sender, receiver, quickLook, knowsAll };
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

import { nameHost } from '../../base/host-words.js';
import type { Endpoint } from '../../host/endpoint.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Foresight } from '../../plan/foresight.js';
import type { Plan } from '../../plan/plan.js';
import { formatStamp } from '../../base/stamp.js';
import { serveChains } from '../../plan/serve-chains.js';
import { NoteCarrier } from '../../transfer/around/carry-notes.js';
import { findHostsWithoutZstd } from '../../transfer/around/find-zstd.js';
import { deleteGone } from '../../transfer/around/delete-gone.js';
import { ReplacedDatasets } from '../../transfer/around/replaced-datasets.js';
import type { TransferEvent, TransferResult } from '../../transfer/event.js';
import { findPipeElsewhere } from '../../transfer/lanes/pipe.js';
import type { RateLimit } from '../../transfer/lanes/rate-limit.js';
import type { TransferContext } from '../../transfer/schedule/transfer-context.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import { KnownPools } from '../../inventory/known-pools.js';
import { readSides, type Inventories } from '../../probe/read-sides.js';
import { ConfirmedLosses } from './losses.js';
import { makePlan, type MadePlan } from './make-plan.js';
import type { TransferOptions } from './options.js';
import type { ReceiverWork } from './round.js';
import type { SharedReading } from './shared-reading.js';
import {
  isFromElsewhere,
  openSides,
  receiverOf,
  type OpeningSides,
  type Route,
  type Sides,
} from './sides.js';

/** What is asked for one receiver. */
export interface ReceiverRequest {
  readonly route: Route;
  readonly options: TransferOptions;
  /** Where new datasets go; undefined when they keep their names. */
  readonly destination: string | undefined;
  readonly rateLimit: RateLimit | undefined;
  /** What the sender will have by then; only for what is planned, and not done. */
  readonly foresight?: Foresight | undefined;
}

/** A plan for a receiver that is ready to be run. */
export interface PreparedTransfer extends MadePlan {
  readonly opening: OpeningSides;
  readonly sides: Sides;
  /** Whether streams are compressed on the way. */
  readonly compress: boolean;
  /** The same as the work of a round. */
  readonly work: ReceiverWork;
}

/** A receiver that has all of it, and sends it to others. */
export interface Server {
  /** What people call it. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly inventory: Inventory;
}

/** The first look at a receiver, under way. */
export interface FirstLook {
  readonly receiver: ReceiverTransfer;
  /** Settles when it is known whether it can be connected to. */
  readonly connecting: Promise<unknown>;
  readonly prepared: Promise<PreparedTransfer>;
}

/** One receiver of a transfer, from its first plan to its last attempt: what it remembers between them, and its connections. */
export class ReceiverTransfer {
  /** What people call the receiver. */
  readonly name: string;
  readonly options: TransferOptions;
  readonly #request: ReceiverRequest;
  readonly #surroundings: Surroundings;
  readonly #hosts: Hosts;
  readonly #pusher: Promise<Endpoint>;
  readonly #pools = new KnownPools();
  readonly #notes = new NoteCarrier();
  readonly #losses = new ConfirmedLosses();
  readonly #replaced = new ReplacedDatasets();
  /** When it began: at the end of the names of what is moved aside, in all attempts. */
  readonly #stamp: string;
  /** Whether hosts without zstd have been told. */
  #hasToldOfZstd = false;

  /** @param pusher this machine as the sender of pushes */
  constructor(request: ReceiverRequest, surroundings: Surroundings, pusher: Promise<Endpoint>) {
    this.name = receiverOf(request.route);
    this.options = request.options;
    this.#request = request;
    this.#surroundings = surroundings;
    this.#hosts = new Hosts(surroundings);
    this.#pusher = pusher;
    this.#stamp = formatStamp(surroundings.clock.dateMs());
  }

  /** Begins to look at both sides, and to plan. @param shared what other receivers want to know of the sender, too; undefined when there are none */
  look(shared: SharedReading | undefined): FirstLook {
    const opening = this.#open();
    return { receiver: this, connecting: opening.receiver, prepared: this.#prepareFrom(opening, shared) };
  }

  /** Connects where that is needed, looks at both sides, and plans. @throws ZfsVmError when that can't be done */
  prepare(): Promise<PreparedTransfer> {
    return this.#prepareFrom(this.#open(), undefined);
  }

  /**
   * The same, served by another receiver that has all of it, by its own ssh. Nothing else looks at what comes from there, and no limit holds.
   * @returns undefined where that one can't send all of it
   */
  async serveFrom(
    prepared: PreparedTransfer,
    { endpoint, inventory }: Server,
  ): Promise<PreparedTransfer | undefined> {
    // A gate starts no ssh.
    if (endpoint.gate?.isThere === true) return undefined;
    const plan = serveChains(prepared.plan, inventory.datasets);
    if (plan === undefined) return undefined;
    const { name } = this;
    const receiver = await this.#hosts.openVia(Promise.resolve(endpoint), name);
    const sides = { sender: endpoint, receiver };
    const compress = this.options.compress && (await this.#canCompress(sides));
    const context = {
      ...this.#makeContext(sides, { compress, hasNoise: inventory.hasNoise }),
      ...{ isForeign: true, rateLimit: undefined },
    };
    return { ...prepared, plan, sides, compress, work: { ...prepared.work, plan, unmarked: [], context } };
  }

  /**
   * Ends an attempt whose plan was run: what was destroyed for it was confirmed; and what the sender no longer has goes, where that is
   * wanted and all else went well. That looks again: what was sent takes the place of what goes.
   */
  async conclude(
    { opening, plan, sides, work }: PreparedTransfer,
    result: TransferResult,
  ): Promise<TransferResult> {
    this.#losses.confirm(work.losses);
    const { deletes: shown = [] } = plan;
    if (shown.length === 0 || result.errors.length > 0) return result;
    const { deleted, errors, faults } = await deleteGone(shown, {
      ...{ receiver: sides.receiver, emit: this.emit, signal: this.#surroundings.signal },
      findNow: async () => (await this.#plan(opening, undefined)).plan.deletes ?? [],
    });
    return { ...result, deleted, errors, faults: new Set([...result.faults, ...faults]) };
  }

  /** Waits before another attempt. @param isLost whether the hosts have to be connected to anew */
  async wait(delaySeconds: number, isLost: boolean): Promise<void> {
    const { clock, signal } = this.#surroundings;
    if (isLost) await this.#hosts.disconnect();
    await clock.sleep(delaySeconds * 1000, signal).catch(() => undefined);
  }

  /** Tells what of all attempts is still to be told at the end. */
  tellEnd(plan: Plan, result: TransferResult): void {
    const { shortfall } = this.#notes;
    if (shortfall !== undefined) this.emit({ kind: 'warning', message: shortfall });
    this.#replaced.tellKept(this.emit);
    if (result.errors.length > 0 && (plan.deletes ?? []).length > 0) {
      this.emit({ kind: 'warning', message: 'some of the versions shown were not deleted' });
    }
    this.emit({ kind: 'finished', plan, result });
  }

  /** Closes the connections, and tells what was moved aside and stays. */
  async close(): Promise<void> {
    this.#replaced.tellKept(this.emit);
    await this.#hosts.close();
  }

  /** Tells something of the transfer to this receiver. */
  readonly emit = (event: TransferEvent): void => {
    this.#surroundings.emit({ kind: 'transfer', receiver: this.name, event });
  };

  #open(): OpeningSides {
    return openSides(this.#request.route, this.#hosts, this.#pusher);
  }

  async #prepareFrom(opening: OpeningSides, shared: SharedReading | undefined): Promise<PreparedTransfer> {
    const { hasNoise, ...made } = await this.#plan(opening, shared);
    const sides = { sender: await opening.sender, receiver: await opening.receiver };
    const { plan, unmarked, passed } = made;
    const compress = this.options.compress && plan.chains.length > 0 && (await this.#canCompress(sides));
    const work = {
      ...{ receiver: this.name, plan, unmarked, passed },
      losses: this.#losses.findUnconfirmed(plan, sides.receiver.host.name),
      context: this.#makeContext(sides, { compress, hasNoise }),
    };
    return { ...made, opening, sides, compress, work };
  }

  #makeContext(
    sides: Sides,
    stream: Pick<TransferContext, 'compress' | 'hasNoise'>,
  ): ReceiverWork['context'] {
    const { signal, clock } = this.#surroundings;
    const { lanes, stallMs } = this.options;
    return {
      ...{ ...sides, ...stream, lanes, stallMs, rateLimit: this.#request.rateLimit },
      isForeign: isFromElsewhere(this.#request.route),
      ...{ notes: this.#notes, replaced: this.#replaced, signal, clock, emit: this.emit },
    };
  }

  /** Whether both hosts have zstd; what isn't so is told once. */
  async #canCompress(sides: Sides): Promise<boolean> {
    const lacking = await findHostsWithoutZstd(sides, this.#surroundings.signal);
    if (lacking.length === 0) {
      const { rateLimit } = this.#request;
      const pipeSides = { sender: sides.sender.host, receiver: sides.receiver.host, rateLimit };
      // Where no byte comes along here, those are counted that zfs tells of.
      if (findPipeElsewhere(pipeSides) === undefined) this.emit({ kind: 'compressing' });
    } else if (!this.#hasToldOfZstd) {
      const message = `zstd not found on ${lacking.map(nameHost).join(' and ')}: sending uncompressed streams`;
      this.emit({ kind: 'warning', message });
    }
    this.#hasToldOfZstd = true;
    return lacking.length === 0;
  }

  async #plan(
    opening: OpeningSides,
    shared: SharedReading | undefined,
  ): Promise<MadePlan & { readonly hasNoise: boolean }> {
    const { options, destination } = this.#request;
    const inventories = await this.#read(opening, shared);
    const sides = { sender: await opening.sender, receiver: await opening.receiver };
    this.#tellMalformedTags(sides.sender.host.name, inventories.sender);
    this.#tellMalformedTags(this.name, inventories.receiver);
    const made = await makePlan({
      ...{ options, destination, receiverName: this.name, stamp: this.#stamp, sides, inventories },
      ...{ pools: this.#pools, signal: this.#surroundings.signal },
    });
    this.#replaced.noteLeft(made.leftAside);
    return { ...made, hasNoise: inventories.sender.hasNoise };
  }

  #read(opening: OpeningSides, shared: SharedReading | undefined): Promise<Inventories> {
    const { choice, rollback, replace, setAside, deletesGone, properties } = this.options;
    return readSides(opening, {
      ...{ choice, destination: this.#request.destination, foresight: this.#request.foresight },
      // What would be destroyed has to be known in full.
      isThorough: rollback || replace || setAside || deletesGone,
      properties: properties.carry,
      readSender: shared === undefined ? undefined : (read) => shared.take(read),
      ...{ signal: this.#surroundings.signal, emit: this.emit },
    });
  }

  #tellMalformedTags(host: string, { malformedTags }: Inventory): void {
    this.#surroundings.emit({ kind: 'malformed-tags', host, malformedTags });
  }
}

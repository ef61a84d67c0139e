import { exitCodeOfAll, exitCodes, ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import type { Inventory } from '../inventory/inventory.js';
import { KnownPools } from '../inventory/known-pools.js';
import { readHeld, readSetPropertiesOf } from '../inventory/read-inventory.js';
import { findToBeDestroyed } from '../plan/gone-on.js';
import { findPassed, type FoundPassed, type PassedVersions } from '../plan/passed.js';
import type { Plan } from '../plan/plan.js';
import { planTransfer } from '../plan/plan-transfer.js';
import { isSameMachine, seemsSameMachine } from '../plan/same-machine.js';
import { findSources, type Choice } from '../plan/sources.js';
import { findUnmarked } from '../plan/unmarked.js';
import { isConclusive } from '../probe/questions/is-conclusive.js';
import { readSides, type SenderReading } from '../probe/read-sides.js';
import { settleDoubts, type Settled } from '../probe/settle-doubts.js';
import { fullNameOf, type Datasets } from '../streamline/dataset.js';
import { NoteCarrier } from '../transfer/around/carry-notes.js';
import { findHostsWithoutZstd } from '../transfer/around/compression.js';
import { deleteGone } from '../transfer/around/delete-gone.js';
import { estimateSizes } from '../transfer/around/estimate-sizes.js';
import type { TransferEvent, TransferResult } from '../transfer/event.js';
import { findWayElsewhere } from '../transfer/lanes/pipe.js';
import { writeAll } from '../base/write-all.js';
import { carryOut, type Work } from './carry-out.js';
import {
  checkCopyDestination,
  checkCopyPlace,
  checkPatterns,
  checkPool,
  splitAtDestination,
} from './check-request.js';
import { findDeletes } from './find-deletes.js';
import { Hosts } from './hosts.js';
import { warnOfMalformedTags } from './malformed-tags.js';
import type { Route } from './route.js';
import { Losses } from './losses.js';
import { addResults } from '../transfer/add-results.js';
import { ReplacedDatasets } from '../transfer/around/replaced-datasets.js';
import type { PropertyOptions } from '../command-line/property-options.js';
import type { TransferCommand, TransferSettings } from './transfer-command.js';
import { formatPlan, openReport, type Report } from './transfer-report.js';

/** Both sides of a transfer, being connected to; on one machine they are the same. */
export interface Opening {
  readonly sender: Promise<Endpoint>;
  readonly receiver: Promise<Endpoint>;
  /** What people call it. */
  readonly receiverName: string;
}

/** Both sides of a transfer, connected. */
interface Sides {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
}

/** What is to be done, and where and how. */
export interface Prepared {
  readonly opening: Opening;
  readonly plan: Plan;
  /** The sender's snapshots that want a bookmark, though nothing is sent from or to them, by their full names. */
  readonly unmarked: readonly string[];
  /** What the receiver lacks for good. */
  readonly passed: PassedVersions;
  readonly sides: Sides;
  readonly compress: boolean;
}

/** A plan and what came of it. */
interface Outcome {
  readonly plan: Plan;
  readonly result: TransferResult;
}

/** What the transfers from one sender to several receivers have in common, each of them being a run of its own. */
export interface Company {
  /** Reads the sender for the first plans: once for all. @param read reads it */
  readonly readSender: (read: () => SenderReading) => SenderReading;
  /** Carries a first plan out together with those of the others; undefined when they have begun without this one. */
  readonly join: (work: Omit<Work, 'settle'>) => Promise<TransferResult | undefined>;
  /** Lets the others begin without this one. */
  readonly leave: () => void;
  /** The hosts whose nearly-tags have been told. */
  readonly told: Set<string>;
  readonly report: Report;
}

/** How long to wait before each further try; the last one again and again. */
const retryDelaysSeconds = [1, 5, 15, 30];

/**
 * What push, pull and their plans have in common: reads both hosts at once, plans, and prints the plan, or runs it and
 * reports. When a host is lost or busy, it connects again, reads and plans anew, and goes on where it stood.
 * @returns the exit status, as docs/scripting.md tells
 * @throws ZfsVmError when it can't be done at all
 */
export async function transfer(
  command: TransferCommand,
  route: Route,
  openSides: (hosts: Hosts) => Opening,
): Promise<number> {
  const options = readOptions(command, route);
  return Hosts.use(command, (hosts) =>
    new TransferRun(command, options, hosts, () => openSides(hosts)).run(),
  );
}

/** What the options say, and where they don't, the configuration. */
export interface Options {
  readonly choice: Choice;
  /** The receiver's dataset that new ones go under; undefined when they keep their names. */
  readonly destination: string | undefined;
  readonly properties: PropertyOptions;
  readonly settings: TransferSettings;
}

/** Reads the options. @throws ZfsVmError `usage` */
export function readOptions(command: TransferCommand, { destination, bytesPerSecond }: Route): Options {
  return {
    choice: command.readChoice(),
    destination,
    properties: command.readProperties(),
    settings: command.readSettings(bytesPerSecond),
  };
}

/** A transfer to one receiver, from its first plan to the last try. */
export class TransferRun {
  readonly #command: TransferCommand;
  readonly #choice: Choice;
  readonly #destination: string | undefined;
  readonly #properties: PropertyOptions;
  readonly #settings: TransferSettings;
  readonly #hosts: Hosts;
  readonly #open: () => Opening;
  readonly #company: Company | undefined;
  readonly #pools = new KnownPools();
  readonly #notes = new NoteCarrier();
  readonly #losses = new Losses();
  readonly #replaced = new ReplacedDatasets();
  /** When it began: at the end of the names of what is moved aside, in all attempts. */
  readonly #stamp: string;
  /** The number of the next try, if there is one. */
  #tries = 1;
  #report: Report | undefined;
  /** The hosts whose names that only look like tags have been told: once is enough. */
  readonly #told: Set<string>;
  /** Whether hosts without zstd have been told. */
  #hasToldOfZstd = false;
  /** Whether the sender's shell prints something of its own. */
  #hasNoise = false;
  /** Whether nothing is done together with others any more. */
  #isAlone: boolean;

  /** @param company the transfers to other receivers; left out when there are none */
  constructor(
    command: TransferCommand,
    { choice, destination, properties, settings }: Options,
    hosts: Hosts,
    open: () => Opening,
    company?: Company,
  ) {
    this.#command = command;
    this.#choice = choice;
    this.#destination = destination;
    this.#properties = properties;
    this.#settings = settings;
    this.#hosts = hosts;
    this.#open = open;
    this.#company = company;
    this.#stamp = formatStamp(command.context.surroundings.clock.dateMs());
    this.#isAlone = company === undefined;
    this.#told = company?.told ?? new Set();
    this.#report = company?.report;
  }

  /** Prints the plan, or sends what has to be sent. @returns the exit status */
  async run(): Promise<number> {
    try {
      return await (this.#command.isPlanOnly ? this.#showPlan() : this.#send());
    } finally {
      this.#replaced.tellKept(this.#emit);
      this.#report?.close();
    }
  }

  async #showPlan(): Promise<number> {
    const command = this.#command;
    const { plan, passed, sides, compress } = await this.prepare();
    const { signal, stdout } = command.context;
    const sizes = await estimateSizes(sides.sender, plan, signal);
    signal.throwIfAborted();
    await writeAll(stdout, formatPlan(command, { plan, passed, sizes, ...sides, compress }), signal);
    return statusOfPlan(plan);
  }

  async #send(): Promise<number> {
    const { retries } = this.#settings;
    let outcome = await this.#attemptFirst();
    if (outcome.result.faults.has('behind')) outcome = await this.#attemptAgain(outcome);
    for (;;) {
      const { plan, result } = outcome;
      const mayHelp = result.faults.has('lost') || result.faults.has('busy');
      const [error] = result.errors;
      if (error === undefined || !mayHelp || this.#tries > retries) {
        const { shortfall } = this.#notes;
        if (shortfall !== undefined) this.#emit({ kind: 'warning', message: shortfall });
        this.#replaced.tellKept(this.#emit);
        if (error !== undefined && (plan.deletes ?? []).length > 0) {
          this.#emit({ kind: 'warning', message: 'not all that was shown is deleted' });
        }
        this.#emit({ kind: 'finished', plan, result });
        return statusOf(plan, result);
      }
      await this.#waitBeforeTry(error, result.faults.has('lost'));
      outcome = await this.#attemptAgain(outcome);
    }
  }

  /** The first attempt. A connection that is lost while the hosts are read is no reason to give up, one that can't be made is. */
  async #attemptFirst(): Promise<Outcome> {
    for (;;) {
      try {
        return await this.#attempt();
      } catch (error) {
        if (!(error instanceof ZfsVmError) || !error.isLoss || this.#tries > this.#settings.retries) {
          throw error;
        }
        this.#company?.leave();
        this.#isAlone = true;
        this.#emit({ kind: 'trouble', error });
        await this.#waitBeforeTry(error, true);
      }
    }
  }

  /** Tells why it is tried again, and waits. @param isLost whether the hosts have to be connected to anew */
  async #waitBeforeTry(error: ZfsVmError, isLost: boolean): Promise<void> {
    const { signal, surroundings } = this.#command.context;
    const delaySeconds = retryDelaysSeconds[Math.min(this.#tries, retryDelaysSeconds.length) - 1] ?? 0;
    this.#emit({ kind: 'retrying', error, delaySeconds, left: this.#settings.retries - this.#tries });
    this.#tries++;
    if (isLost) await this.#hosts.disconnect();
    await surroundings.clock.sleep(delaySeconds * 1000, signal).catch(() => undefined);
    if (signal.aborted) throw explainInterrupt(signal);
  }

  /** Connects, plans and runs the plan, once. */
  async #attempt(): Promise<Outcome> {
    const { signal } = this.#command.context;
    try {
      const prepared = await this.prepare();
      const { plan, unmarked, passed, sides } = prepared;
      this.#emit({ kind: 'passed', passed });
      const losses = this.#losses.findUnconfirmed(plan, sides.receiver.host.name);
      const lines = losses.map(({ line }) => line);
      const work = { plan, losses: lines, unmarked, context: this.#makeContext(prepared) };
      const together = this.#isAlone ? undefined : await this.#company?.join(work);
      this.#isAlone = true;
      const result = together ?? (await this.#carryOutAlone(work));
      // It would not have been carried out without a yes.
      this.#losses.confirm(losses);
      return { plan, result: await this.#deleteGone(prepared, result) };
    } catch (error) {
      throw signal.aborted ? explainInterrupt(signal) : error;
    }
  }

  /** Comes last, when all else went well, and looks again: what was sent takes the place of what goes. */
  async #deleteGone({ opening, plan, sides }: Prepared, result: TransferResult): Promise<TransferResult> {
    const { deletes: shown = [] } = plan;
    if (shown.length === 0 || result.errors.length > 0) return result;
    const { deleted, errors, faults } = await deleteGone(shown, {
      ...{ receiver: sides.receiver, emit: this.#emit, signal: this.#command.context.signal },
      findNow: async () => (await this.#makePlan(opening)).plan.deletes ?? [],
    });
    return { ...result, deleted, errors, faults: new Set([...result.faults, ...faults]) };
  }

  /** The same once more, and what both attempts came to. A host that isn't back yet is no reason to give up. */
  async #attemptAgain({ plan: before, result: sum }: Outcome): Promise<Outcome> {
    try {
      const { plan, result } = await this.#attempt();
      return { plan, result: addResults(sum, result) };
    } catch (error) {
      if (!(error instanceof ZfsVmError) || error.kind !== 'connection') throw error;
      this.#emit({ kind: 'trouble', error });
      return { plan: before, result: { ...sum, errors: [error], faults: new Set(['lost']) } };
    }
  }

  async #carryOutAlone(work: Omit<Work, 'settle'>): Promise<TransferResult> {
    let result: Promise<TransferResult> | undefined;
    const settle = (its: Promise<TransferResult>): void => {
      result = its;
    };
    const options = { command: this.#command, hosts: this.#hosts, emit: this.#emit, lagMs: 0 };
    await carryOut([{ ...work, settle }], options);
    if (result === undefined) throw new Error('a plan was carried out without a result');
    return result;
  }

  #makeContext({ sides, compress }: Prepared): Work['context'] {
    const { signal, surroundings } = this.#command.context;
    const settings = {
      ...this.#settings,
      compress,
      notes: this.#notes,
      replaced: this.#replaced,
      hasNoise: this.#hasNoise,
    };
    return { ...sides, ...settings, signal, clock: surroundings.clock, emit: this.#emit };
  }

  /** Connects, reads and plans. */
  async prepare(): Promise<Prepared> {
    const opening = this.#open();
    this.#report ??= openReport(this.#command, opening.receiverName);
    const { plan, unmarked, passed } = await this.#makePlan(opening);
    const sides = { sender: await opening.sender, receiver: await opening.receiver };
    const compress = this.#command.compress && plan.chains.length > 0 && (await this.#canCompress(sides));
    return { opening, plan, unmarked, passed, sides, compress };
  }

  /** Whether both hosts have zstd; what isn't so is told once. */
  async #canCompress(sides: Sides): Promise<boolean> {
    const lacking = await findHostsWithoutZstd(sides, this.#command.context.signal);
    if (lacking.length === 0) {
      const { rateLimit } = this.#settings;
      const way = { sender: sides.sender.host, receiver: sides.receiver.host, rateLimit };
      // Where no byte comes along here, those are counted that zfs tells of.
      if (findWayElsewhere(way) === undefined) this.#emit({ kind: 'compressing' });
    } else if (!this.#hasToldOfZstd) {
      const message = `there is no zstd on ${lacking.join(' and ')}: streams are sent without --compress`;
      this.#emit({ kind: 'warning', message });
    }
    this.#hasToldOfZstd = true;
    return lacking.length === 0;
  }

  async #makePlan(opening: Opening): Promise<Pick<Prepared, 'plan' | 'unmarked' | 'passed'>> {
    const command = this.#command;
    const choice = this.#choice;
    const destination = this.#destination;
    const { rollback, replace, setAside } = command;
    const { receiverName } = opening;
    const { sender, receiver, quickLook, knowsAll } = await readSides(opening, {
      choice,
      destination,
      // What would be destroyed has to be known in full.
      isThorough: rollback || replace || setAside || command.delete,
      properties: this.#properties.carry,
      readSender: this.#isAlone ? undefined : this.#company?.readSender,
      signal: command.context.signal,
      emit: this.#emit,
    });
    this.#hasNoise = sender.hasNoise;
    const senderName = (await opening.sender).host.name;
    this.#warnOfMalformedTags(senderName, sender);
    this.#warnOfMalformedTags(receiverName, receiver);
    this.#pools.check(senderName, sender.datasets.keys());
    const receiverHost = (await opening.receiver).host.name;
    this.#pools.check(receiverHost, receiver.datasets.keys());
    checkPool(destination, receiverName, receiver.datasets);
    const carried = sender.lacksProperties
      ? await this.#readCarried(await opening.sender, sender.datasets)
      : sender.properties;
    let whole = receiver.datasets;
    let isWhole = false;
    if (quickLook !== undefined && seemsSameMachine(sender.datasets, whole)) {
      whole = (await quickLook.readRest()).datasets;
      isWhole = true;
    }
    const isCopy = opening.sender === opening.receiver || isSameMachine(sender.datasets, whole);
    if (isCopy) checkCopyDestination(destination, [senderName, receiverName]);
    let known: Settled = { sender: sender.datasets, reencrypted: new Set() };
    const datasetsWith = (receiverDatasets: Datasets): { sender: Datasets; receiver: Datasets } =>
      isCopy && destination !== undefined
        ? splitAtDestination(known.sender, receiverDatasets, destination)
        : { sender: known.sender, receiver: receiverDatasets };
    const planWith = (receiverDatasets: Datasets, held?: ReadonlySet<string>): Plan => {
      const datasets = datasetsWith(receiverDatasets);
      if (isCopy) checkCopyPlace(datasets);
      checkPatterns(choice, senderName, datasets.sender, { mayBePruned: command.delete });
      const properties = { ...this.#properties, carried };
      const { reencrypted } = known;
      return planTransfer({
        ...datasets,
        choice,
        destination,
        rollback,
        replace,
        setAside,
        stamp: this.#stamp,
        held,
        reencrypted,
        properties,
      });
    };
    const planFully = async (): Promise<Plan> => {
      const quick = planWith(whole);
      if (quickLook === undefined || isWhole || isConclusive(quick, quickLook)) {
        const receiverSide = await opening.receiver;
        return this.#planWithHolds(quick, receiverSide, (held) => planWith(whole, held));
      }
      whole = (await quickLook.readRest()).datasets;
      isWhole = true;
      return planWith(whole);
    };
    let plan = await planFully();
    const sides = { sender: await opening.sender, receiver: await opening.receiver };
    const settled = await settleDoubts(
      plan,
      known.sender,
      datasetsWith(whole),
      sides,
      command.context.signal,
    );
    if (settled !== undefined) {
      known = settled;
      plan = await planFully();
    }
    for (const { source, destination: place } of [...plan.chains, ...plan.upToDate]) {
      this.#pools.note(senderName, [source]);
      this.#pools.note(receiverHost, [place]);
    }
    const unmarked = findUnmarked(plan, datasetsWith(receiver.datasets).sender).map(fullNameOf);
    // Whoever asks for the latest only hears what that passes by, which is known where something is sent.
    const find = (): FoundPassed =>
      findPassed({ ...datasetsWith(whole), choice, knowsReceiver: quickLook === undefined || isWhole }, plan);
    let found = find();
    if (!found.isSure && quickLook !== undefined) {
      whole = (await quickLook.readRest()).datasets;
      isWhole = true;
      found = find();
    }
    const { versions } = found;
    const knowsPassed = knowsAll || isWhole;
    const passed = {
      versions: knowsPassed || choice.latest ? versions : [],
      ...{ knowsAll: knowsPassed, isLatest: choice.latest },
    };
    if (!command.delete) return { plan, unmarked, passed };
    const patterns = choice.allSnapshots ? [] : choice.patterns;
    const deletesRequest = { ...datasetsWith(receiver.datasets), plan, patterns };
    const deletes = await findDeletes(deletesRequest, await opening.receiver, command.context.signal);
    return { plan: { ...plan, deletes }, unmarked, passed };
  }

  /** Reads the properties that are to be carried, of what was chosen alone: what others have stops nothing. */
  #readCarried(sender: Endpoint, datasets: Datasets): ReturnType<typeof readSetPropertiesOf> {
    const names = findSources(datasets, this.#choice).map(({ dataset }) => dataset.name);
    return readSetPropertiesOf(sender, names, this.#properties.carry, this.#command.context.signal);
  }

  /** The same plan, or one that knows that something is held which it would destroy: that is asked only where it would. */
  async #planWithHolds(
    plan: Plan,
    receiver: Endpoint,
    planWith: (held: ReadonlySet<string>) => Plan,
  ): Promise<Plan> {
    const asked = new Set<string>();
    const held = new Set<string>();
    for (let current = plan; ; current = planWith(held)) {
      const names = findToBeDestroyed(current).filter((name) => !asked.has(name));
      const found = await readHeld(receiver, names, this.#command.context.signal);
      if (found.size === 0) return current;
      for (const name of names) asked.add(name);
      for (const name of found) held.add(name);
    }
  }

  #warnOfMalformedTags(hostName: string, inventory: Inventory): void {
    if (!this.#told.has(hostName)) warnOfMalformedTags(this.#command, hostName, inventory);
    this.#told.add(hostName);
  }

  readonly #emit = (event: TransferEvent): void => {
    this.#report?.handle(event);
  };
}

/** A time as the end of a dataset's name, e.g. `20261130T000531Z`. */
function formatStamp(dateMs: number): string {
  return new Date(dateMs).toISOString().replace(/[-:]|\.[0-9]+/g, '');
}

/** The exit status of what leaves these conflicts. */
export function statusOfPlan(plan: Plan): number {
  return plan.conflicts.length > 0 ? exitCodes.conflict : exitCodes.done;
}

function statusOf(plan: Plan, { errors }: TransferResult): number {
  return errors.length === 0 ? statusOfPlan(plan) : exitCodeOfAll(errors);
}

/** The error of the interrupt, with what is true of a transfer that was under way. */
function explainInterrupt({ reason }: AbortSignal): unknown {
  if (!(reason instanceof ZfsVmError)) return reason;
  return new ZfsVmError(reason.kind, reason.message, {
    hint: 'what has been received is kept; run the same command again to go on',
  });
}

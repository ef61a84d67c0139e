import { exitCodeOfAll, exitCodes, ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isUnsettled, type Plan } from '../plan/plan.js';
import { planTransfer } from '../plan/plan-transfer.js';
import { isConclusive } from '../plan/probe.js';
import type { Choice } from '../plan/sources.js';
import { findUnmarked } from '../plan/unmarked.js';
import { chooseColors } from '../report/colors.js';
import { describeDeletes, describePreparation } from '../report/describe-plan.js';
import { JsonReport } from '../report/json-report.js';
import { formatPlanAsCommands } from '../report/plan-commands.js';
import { formatPlanAsJson } from '../report/plan-json.js';
import { formatPlanAsText } from '../report/plan-text.js';
import { TextReport } from '../report/text-report.js';
import { fullNameOf, type Datasets, type Point } from '../streamline/dataset.js';
import { NoteCarrier } from '../transfer/carry-notes.js';
import { findHostsWithoutZstd } from '../transfer/compression.js';
import { deleteGone } from '../transfer/delete-gone.js';
import { estimateSizes } from '../transfer/estimate-sizes.js';
import type { TransferEvent, TransferResult } from '../transfer/event.js';
import { findWayElsewhere } from '../transfer/pipe.js';
import { whileProtected } from '../transfer/protect-sources.js';
import { runPlan } from '../transfer/run-plan.js';
import { SourceBookmarks } from '../transfer/source-bookmarks.js';
import { checkCopyPlace, checkPatterns, checkPool, splitAtDestination } from './check-request.js';
import { confirmLosses } from './confirm.js';
import { findDeletes } from './find-deletes.js';
import { Hosts } from './hosts.js';
import { KnownPools } from './known-pools.js';
import { warnOfMalformedTags } from './malformed-tags.js';
import { readSides } from './read-sides.js';
import type { PropertyOptions } from './property-options.js';
import type { TransferCommand, TransferSettings } from './transfer-command.js';

/** Both sides of a transfer, being connected to; on one machine they are the same. */
export interface Opening {
  readonly sender: Promise<Endpoint>;
  readonly receiver: Promise<Endpoint>;
  /** What people call it. */
  readonly receiverName: string;
}

/** What goes for a transfer between two hosts. */
export interface Route {
  /** The receiver's dataset that new ones go under; undefined when they keep their names. */
  readonly destination: string | undefined;
  /** How many bytes a second streams may take in all, unless the command line says otherwise; undefined for no limit. */
  readonly bytesPerSecond: number | undefined;
}

/** Both sides of a transfer, connected. */
interface Sides {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
}

/** What is to be done, and where and how. */
interface Prepared {
  readonly opening: Opening;
  readonly plan: Plan;
  /** The sender's snapshots that want a bookmark, though nothing is sent from or to them. */
  readonly unmarked: readonly Point[];
  readonly sides: Sides;
  readonly compress: boolean;
}

/** A plan and what came of it. */
interface Outcome {
  readonly plan: Plan;
  readonly result: TransferResult;
}

/** Where the events of a transfer go. */
interface Report {
  readonly handle: (event: TransferEvent) => void;
  readonly close: () => void;
}

/** How long to wait before each further try; the last one again and again. */
const retryDelaysSeconds = [1, 5, 15, 30];

/**
 * What push, pull and their plans have in common: reads both hosts at once, plans, and prints the plan, or runs it and
 * reports. When a host is lost or busy, it connects again, reads and plans anew, and goes on where it stood.
 * @param route what the configuration or the command line says of the hosts
 * @returns the exit status, as docs/scripting.md tells
 * @throws ZfsVmError when it can't be done at all
 */
export async function transfer(
  command: TransferCommand,
  { destination, bytesPerSecond }: Route,
  openSides: (hosts: Hosts) => Opening,
): Promise<number> {
  const choice = command.readChoice();
  const properties = command.readProperties();
  const settings = command.readSettings(bytesPerSecond);
  const options = { choice, destination, properties, settings };
  return Hosts.use(command, (hosts) =>
    new TransferRun(command, options, hosts, () => openSides(hosts)).run(),
  );
}

/** What the options say, and where they don't, the configuration. */
interface Options {
  readonly choice: Choice;
  readonly destination: string | undefined;
  readonly properties: PropertyOptions;
  readonly settings: TransferSettings;
}

class TransferRun {
  readonly #command: TransferCommand;
  readonly #choice: Choice;
  readonly #destination: string | undefined;
  readonly #properties: PropertyOptions;
  readonly #settings: TransferSettings;
  readonly #hosts: Hosts;
  readonly #open: () => Opening;
  readonly #pools = new KnownPools();
  readonly #notes = new NoteCarrier();
  /** The losses that the person has said yes to. */
  readonly #confirmed = new Set<string>();
  #report: Report | undefined;
  /** Whether names that only look like tags have been told: once a run is enough. */
  #hasWarned = false;
  /** The same for hosts without zstd. */
  #hasToldOfZstd = false;
  /** Whether the sender's shell prints something of its own. */
  #hasNoise = false;

  constructor(
    command: TransferCommand,
    { choice, destination, properties, settings }: Options,
    hosts: Hosts,
    open: () => Opening,
  ) {
    this.#command = command;
    this.#choice = choice;
    this.#destination = destination;
    this.#properties = properties;
    this.#settings = settings;
    this.#hosts = hosts;
    this.#open = open;
  }

  async run(): Promise<number> {
    try {
      return await (this.#command.isPlanOnly ? this.#showPlan() : this.#send());
    } finally {
      this.#report?.close();
    }
  }

  async #showPlan(): Promise<number> {
    const command = this.#command;
    const { plan, sides, compress } = await this.#prepare();
    const { signal, stdout } = command.context;
    const sizes = await estimateSizes(sides.sender, plan, signal);
    signal.throwIfAborted();
    stdout.write(formatPlan(command, { plan, sizes, ...sides, compress }));
    return statusOfPlan(plan);
  }

  async #send(): Promise<number> {
    const { signal, surroundings } = this.#command.context;
    const { retries } = this.#settings;
    let outcome = await this.#attempt();
    for (let tries = 1; ; tries++) {
      const { plan, result } = outcome;
      const mayHelp = result.faults.has('lost') || result.faults.has('busy');
      const [error] = result.errors;
      if (error === undefined || !mayHelp || tries > retries) {
        const { shortfall } = this.#notes;
        if (shortfall !== undefined) this.#emit({ kind: 'warning', message: shortfall });
        if (error !== undefined && (plan.deletes ?? []).length > 0) {
          this.#emit({ kind: 'warning', message: 'not all that was shown is deleted' });
        }
        this.#emit({ kind: 'finished', plan, result });
        return statusOf(plan, result);
      }
      const delaySeconds = retryDelaysSeconds[Math.min(tries, retryDelaysSeconds.length) - 1] ?? 0;
      this.#emit({ kind: 'retrying', error, delaySeconds, left: retries - tries });
      if (result.faults.has('lost')) await this.#hosts.disconnect();
      await surroundings.clock.sleep(delaySeconds * 1000, signal).catch(() => undefined);
      if (signal.aborted) throw explainInterrupt(signal);
      outcome = await this.#attemptAgain(outcome);
    }
  }

  /** Connects, plans and runs the plan, once. */
  async #attempt(): Promise<Outcome> {
    const { signal } = this.#command.context;
    try {
      const prepared = await this.#prepare();
      const { plan, sides, compress } = prepared;
      await this.#confirm(plan, sides);
      this.#emit({ kind: 'planned', plan });
      const over = new AbortController();
      // Nobody knows how small zstd will make a stream.
      const estimating = compress
        ? Promise.resolve()
        : this.#estimate(plan, sides.sender, AbortSignal.any([signal, over.signal]));
      const result = await this.#runPlan(prepared).finally(() => {
        over.abort();
      });
      await estimating;
      return { plan, result: await this.#deleteGone(prepared, result) };
    } catch (error) {
      throw signal.aborted ? explainInterrupt(signal) : error;
    }
  }

  /** Shows what would be lost, and asks; once, however often it is tried. */
  async #confirm(plan: Plan, { receiver }: Sides): Promise<void> {
    const { name } = receiver.host;
    const losses = [
      ...plan.chains.flatMap((chain) => describePreparation(chain, name)),
      ...describeDeletes(plan, name),
    ].filter((line) => !this.#confirmed.has(line));
    await confirmLosses(losses, this.#command.yes, this.#command, this.#hosts);
    for (const line of losses) this.#confirmed.add(line);
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

  /** Only serves the progress, and costs a process a step: done where somebody watches, while the first streams flow. */
  async #estimate(plan: Plan, sender: Endpoint, signal: AbortSignal): Promise<void> {
    const { stdout } = this.#command.context;
    if (this.#command.json || !('isTTY' in stdout && stdout.isTTY === true)) return;
    const sizes = await estimateSizes(sender, plan, signal).catch(() => new Map<never, never>());
    if (sizes.size > 0 && !signal.aborted) this.#emit({ kind: 'estimated', sizes });
  }

  async #runPlan({ plan, sides, compress, unmarked }: Prepared): Promise<TransferResult> {
    const { signal, surroundings } = this.#command.context;
    const { holdJournal, clock } = surroundings;
    const bookmarks = this.#command.bookmark ? new SourceBookmarks(sides.sender, signal) : undefined;
    const notes = this.#notes;
    const settings = { ...this.#settings, compress, bookmarks, notes, hasNoise: this.#hasNoise };
    const context = { ...sides, ...settings, signal, holdJournal, clock, emit: this.#emit };
    const [result] = await Promise.all([
      whileProtected(plan, context, (emit) => runPlan(plan, { ...context, emit })),
      bookmarks?.make(unmarked.map(fullNameOf)),
    ]);
    return result;
  }

  async #prepare(): Promise<Prepared> {
    const opening = this.#open();
    this.#report ??= openReport(this.#command, opening.receiverName);
    const { plan, unmarked } = await this.#makePlan(opening);
    const sides = { sender: await opening.sender, receiver: await opening.receiver };
    const compress = this.#command.compress && plan.chains.length > 0 && (await this.#canCompress(sides));
    return { opening, plan, unmarked, sides, compress };
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

  async #makePlan(opening: Opening): Promise<Pick<Prepared, 'plan' | 'unmarked'>> {
    const command = this.#command;
    const choice = this.#choice;
    const destination = this.#destination;
    const { rollback, replace } = command;
    const { receiverName } = opening;
    const isCopy = opening.sender === opening.receiver;
    const { sender, receiver, readRest } = await readSides(opening, {
      choice,
      destination,
      // A plan to be read shows all the evidence, and what would be destroyed has to be known in full.
      isThorough: command.isPlanOnly || rollback || replace || command.delete,
      properties: this.#properties.carry,
      signal: command.context.signal,
      emit: this.#emit,
    });
    this.#hasNoise = sender.hasNoise;
    const senderName = (await opening.sender).host.name;
    if (!this.#hasWarned) warnOfMalformedTags(command, senderName, sender);
    if (!this.#hasWarned && !isCopy) warnOfMalformedTags(command, receiverName, receiver);
    this.#hasWarned = true;
    this.#pools.check(senderName, sender.datasets.keys());
    const receiverHost = (await opening.receiver).host.name;
    this.#pools.check(receiverHost, receiver.datasets.keys());
    checkPool(destination, receiverName, receiver.datasets);
    const datasetsWith = (receiverDatasets: Datasets): { sender: Datasets; receiver: Datasets } =>
      isCopy && destination !== undefined
        ? splitAtDestination(sender.datasets, destination)
        : { sender: sender.datasets, receiver: receiverDatasets };
    const planWith = (receiverDatasets: Datasets): Plan => {
      const datasets = datasetsWith(receiverDatasets);
      if (isCopy) checkCopyPlace(datasets);
      checkPatterns(choice, senderName, datasets.sender);
      const properties = { ...this.#properties, carried: sender.properties };
      return planTransfer({ ...datasets, choice, destination, rollback, replace, properties });
    };
    const quick = planWith(receiver.datasets);
    const plan =
      readRest === undefined || isConclusive(quick) ? quick : planWith((await readRest()).datasets);
    for (const { source, destination: place } of [...plan.chains, ...plan.upToDate]) {
      this.#pools.note(senderName, [source]);
      this.#pools.note(receiverHost, [place]);
    }
    const unmarked = findUnmarked(plan, datasetsWith(receiver.datasets).sender);
    if (!command.delete) return { plan, unmarked };
    const request = { ...datasetsWith(receiver.datasets), plan, patterns: choice.patterns };
    const deletes = await findDeletes(request, await opening.receiver, command.context.signal);
    return { plan: { ...plan, deletes }, unmarked };
  }

  readonly #emit = (event: TransferEvent): void => {
    this.#report?.handle(event);
  };
}

/** What two runs after each other came to; what the first one missed is the second one's to bring. */
function addResults(
  before: TransferResult,
  { versions, bytes, seconds, deleted = 0, ...last }: TransferResult,
): TransferResult {
  return {
    ...last,
    deleted: (before.deleted ?? 0) + deleted,
    versions: before.versions + versions,
    bytes: before.bytes + bytes,
    seconds: before.seconds + seconds,
  };
}

function statusOfPlan(plan: Plan): number {
  return plan.conflicts.some(isUnsettled) ? exitCodes.conflict : exitCodes.done;
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

function openReport(command: TransferCommand, receiverName: string): Report {
  const { stdout, stderr, env, surroundings } = command.context;
  const { clock } = surroundings;
  if (command.json && !command.isPlanOnly) return new JsonReport({ stdout, receiverName, clock });
  return new TextReport({
    // A plan may be read by a program: only the plan itself goes to stdout then.
    stdout: command.isPlanOnly ? stderr : stdout,
    stderr,
    colors: chooseColors(stdout, env),
    errorColors: chooseColors(stderr, env),
    verbose: command.verbose || command.debug,
    debug: command.debug,
    receiverName,
    clock,
  });
}

function formatPlan(command: TransferCommand, estimated: Parameters<typeof formatPlanAsJson>[0]): string {
  if (command.json) return formatPlanAsJson(estimated);
  if (command.commands) return formatPlanAsCommands(estimated);
  return formatPlanAsText(estimated, chooseColors(command.context.stdout, command.context.env));
}

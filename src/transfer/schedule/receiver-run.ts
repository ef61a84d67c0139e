import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { findRemotePipe } from '../../host/remote-pipe.js';
import { runCommand } from '../../host/run-command.js';
import type { Chain, Plan, Step } from '../../plan/plan.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { NoteCarrier } from '../around/carry-notes.js';
import { ChainQueue } from './chain-queue.js';
import type { Changes } from './changes.js';
import type { Arrival, Fault, TransferEvent, TransferResult } from '../event.js';
import { LagAccount } from '../lanes/lag-account.js';
import { countFitting } from '../lanes/lane-length.js';
import { toLegs, type Leg } from '../lanes/lane-script.js';
import { ParentMaker } from '../around/make-parents.js';
import { LanesAhead } from '../lanes/lanes-ahead.js';
import { prepareDestination, type Obstacle } from '../around/prepare-destination.js';
import { openLane, runLane, type LaneContext, type LaneResult } from '../lanes/run-lane.js';
import type { ReplacedDatasets } from '../around/replaced-datasets.js';
import type { SourceBookmarks } from '../protection/source-bookmarks.js';
import { verifyArrivals } from '../around/verify-arrivals.js';
import { destroyReplaced, writeRolesOf } from './conclude-receiver.js';
import { OmittedOptions } from './omitted-options.js';

/** What a plan is run with. */
export interface TransferContext extends LaneContext {
  /** How many streams go side by side; as many as suit the plan when it is undefined. */
  readonly lanes: number | undefined;
  /** What leaves bookmarks on the sender: of the last snapshot that each chain brought. None where that is left out. */
  readonly bookmarks: SourceBookmarks | undefined;
  /** What gives the versions their notes. */
  readonly notes: NoteCarrier;
  /** What destroys what was moved aside, when its successor is there. */
  readonly replaced: ReplacedDatasets;
}

/**
 * One receiver's part in the running of plans: what is still to be sent to it, what has come, and what went wrong. It does what
 * concerns this receiver alone; what is sent when is up to others.
 */
export class ReceiverRun {
  readonly context: TransferContext;
  readonly queue: ChainQueue;
  /** For how long others have waited for it. */
  readonly lag: LagAccount;
  readonly #plan: Plan;
  readonly #lanes = new Set<object>();
  readonly #changes: Changes;
  readonly #parents: ParentMaker;
  readonly #ahead = new LanesAhead();
  readonly #done: Arrival[] = [];
  readonly #failed: Chain[] = [];
  readonly #errors: ZfsVmError[] = [];
  readonly #faults = new Set<Fault>();
  readonly #startedAtMs: number;
  #mostLanes: number;
  readonly #leftBehind = new AbortController();
  #bytes = 0;
  #isReady = false;
  /** Whether one channel takes many streams. */
  #canChain = true;
  /** Whether one stream takes many versions. */
  #canShare = true;
  readonly #omitted = new OmittedOptions();
  /** What a lane threw that is no expected error. */
  #defect: Error | undefined;

  /** @param changes hears of what may let lanes begin, to this receiver or others */
  constructor(plan: Plan, context: TransferContext, changes: Changes) {
    this.#plan = plan;
    this.context = context;
    this.#changes = changes;
    this.#parents = new ParentMaker(plan, context);
    this.queue = new ChainQueue(plan.chains);
    this.lag = new LagAccount(context.clock);
    this.#startedAtMs = context.clock.nowMs();
    this.#mostLanes = context.lanes ?? chooseLaneCount(plan);
  }

  /** How many lanes run to it. */
  get laneCount(): number {
    return this.#lanes.size;
  }

  /** How many more may at the moment. */
  get freeLanes(): number {
    return this.#isReady && !this.isOver ? this.#mostLanes - this.#lanes.size : 0;
  }

  /** Whether lanes may run to it, and none does. */
  get isIdle(): boolean {
    return this.freeLanes > 0 && this.#lanes.size === 0;
  }

  /** Whether no more lanes are to begin: it is lost, or everything is to end. */
  get isOver(): boolean {
    return this.#faults.has('lost') || this.#defect !== undefined || this.context.signal.aborted;
  }

  /** Aborted when others don't wait for it any more. */
  get leftBehind(): AbortSignal {
    return this.#leftBehind.signal;
  }

  /** Makes it ready to receive. */
  async begin(): Promise<void> {
    this.context.notes.begin(this.#plan, this.context);
    await this.#unlessLost(async () => {
      if (this.#plan.chains.length > 0) {
        this.#canChain = await canChainReceives(this.context.receiver, this.context.signal);
        // Each has two channels then, of the ten that there are.
        if (!this.#canChain) this.#mostLanes = this.context.lanes ?? fewestUsualLanes;
        if (this.#sharesChannels) this.#mostLanes = Math.min(this.#mostLanes, mostLanesOfOneHost);
      }
    });
    this.#isReady = true;
    this.#changes.announce();
  }

  /** Whether both ends of a lane are commands on one connection, since the bytes come along here to be slowed down. */
  get #sharesChannels(): boolean {
    const { sender, receiver, rateLimit } = this.context;
    return rateLimit !== undefined && findRemotePipe(sender.host, receiver.host) !== undefined;
  }

  /** Counts a lane to it, until that has ended. */
  beginLane(lane: object): void {
    this.#lanes.add(lane);
  }

  /** A lane to it has ended. */
  endLane(lane: object): void {
    if (this.#lanes.delete(lane)) this.#changes.announce();
  }

  /** A lane to it has thrown what is no expected error, if it hadn't ended yet: that ends the run. */
  breakOff(lane: object, thrown: unknown): void {
    if (this.#lanes.has(lane)) this.#defect ??= thrown instanceof Error ? thrown : new Error(String(thrown));
    this.endLane(lane);
  }

  /** The chains of which it is known, since this was asked last, that they won't come. */
  takeFailed(): readonly Chain[] {
    return this.#failed.splice(0);
  }

  /** Others don't wait for it any more: what they have been sent together with it is ended for it. */
  leaveBehind(): void {
    this.context.emit({ kind: 'left-behind', seconds: Math.round(this.lag.heldMs / 1000) });
    this.#leftBehind.abort();
  }

  /**
   * Does to the destinations, and above them, what has to be done before their chains.
   * @returns the legs of a lane; none when something went wrong, which is noted
   */
  async prepare(chains: readonly Chain[], signal: AbortSignal): Promise<readonly Leg[]> {
    let legs = chains.flatMap((chain) => this.#omitted.adapt(toLegs(chain, this.#canShare)));
    try {
      const housed = await this.#makeParents(chains);
      legs = legs.filter(({ chain }) => housed.includes(chain));
      const [first] = legs;
      const obstacle = await this.#runPreparations(housed, signal);
      if (obstacle === undefined || first === undefined) return legs;
      this.#fail({ chain: first.chain, step: first.steps[0] }, obstacle, { legs, signal });
    } catch (error) {
      this.#failUnexpectedly(error, { legs, signal });
    }
    return [];
  }

  /** How many of the legs, at least one, go through one lane: as many as fit into one command line. */
  countForLane(legs: readonly Leg[]): number {
    return this.#canChain ? countFitting(legs) : 1;
  }

  /**
   * Sends the first legs through one lane.
   * @param sender where it begins: the sender, or this receiver's part of it
   * @returns the legs that are to go through another: none after a failure, which is noted
   */
  async sendLegs(
    legs: readonly Leg[],
    count: number,
    sender: Endpoint,
    signal: AbortSignal,
  ): Promise<readonly Leg[]> {
    try {
      const context = { ...this.context, sender, signal, emit: this.#note };
      const { bytes, done, skipErrors, failure } = await this.#sendThrough(legs, count, context);
      this.#bytes += bytes;
      this.#errors.push(...skipErrors);
      if (skipErrors.length > 0) this.#faults.add('failed');
      this.#noteOmitted(legs.slice(0, done));
      const left = legs.slice(done);
      if (failure === undefined) return left;
      const { omitted, mayGoAlone } = failure;
      if (omitted !== undefined && !signal.aborted) return resend(left, { ...failure, omitted });
      if (mayGoAlone && (left[0]?.steps.length ?? 0) > 1) {
        this.#canShare = false;
        return separate(left, failure.step);
      }
      this.#fail(failure, failure, { legs: left, signal });
    } catch (error) {
      this.#failUnexpectedly(error, { legs, signal });
    }
    return [];
  }

  #noteOmitted(legs: readonly Leg[]): void {
    for (const pool of this.#omitted.learn(legs)) {
      const where = `${this.context.receiver.host.name}: pool ${pool}`;
      const message = `${where} lacks the features for resumable receives: a stream to it that breaks off is sent again from its beginning`;
      this.context.emit({ kind: 'warning', message });
    }
  }

  /** Sends the first legs through a lane, and opens the next one meanwhile, if a channel takes one stream only. */
  async #sendThrough(legs: readonly Leg[], count: number, context: LaneContext): Promise<LaneResult> {
    const [first] = legs;
    const next = this.#canChain ? undefined : legs[count];
    let isNextWanted = false;
    try {
      const opened = first && (await this.#ahead.take(first));
      const lane = opened ?? (await openLane(legs.slice(0, count), context));
      const result = await runLane(lane, context, () => {
        if (next !== undefined) this.#ahead.open(next, context);
      });
      isNextWanted = result.failure === undefined;
      return result;
    } finally {
      if (next !== undefined && !isNextWanted) this.#ahead.drop(next);
    }
  }

  /** Asks the receiver in the end whether it has what was sent, and gives what came of it all. */
  async end(): Promise<TransferResult> {
    const { emit, signal, clock } = this.context;
    signal.throwIfAborted();
    if (this.#defect !== undefined) throw this.#defect;
    const isLost = this.#faults.has('lost');
    for (const chain of this.queue.drain()) {
      emit({ kind: 'chain-skipped', chain, missing: isLost ? undefined : this.queue.findMissing(chain) });
    }
    const notThere = new Set<string>();
    await this.#unlessLost(async () => {
      // One asks the receiver, another the sender.
      const bookmarking = this.context.bookmarks?.make(findTips(this.#done));
      const noting = this.context.notes.finish();
      const marking = writeRolesOf(this.#done, this.#plan, this.context);
      const verifying = verifyArrivals(this.#done, this.context);
      const [missing] = await Promise.all([verifying, bookmarking, noting, marking]);
      for (const { destination, error } of missing) {
        this.#report(error);
        notThere.add(destination);
      }
    });
    await this.#unlessLost(() => destroyReplaced(this.#done, notThere, this.#plan, this.context));
    const versions = this.#done.filter(({ chain }) => !notThere.has(chain.destination)).length;
    const planned = this.#plan.chains.reduce((sum, chain) => sum + chain.steps.length, 0);
    return {
      versions,
      failedVersions: planned - versions,
      bytes: this.#bytes,
      seconds: (clock.nowMs() - this.#startedAtMs) / 1000,
      errors: this.#errors,
      faults: this.#faults,
    };
  }

  /** Does what needs the receiver, unless it is lost; when that is when it is noticed, what was done before counts all the same. */
  async #unlessLost(work: () => Promise<void>): Promise<void> {
    if (this.#faults.has('lost')) return;
    try {
      await work();
    } catch (error) {
      if (this.context.signal.aborted || !(error instanceof ZfsVmError) || error.kind !== 'connection') {
        throw error;
      }
      this.#faults.add('lost');
      this.#report(error);
    }
  }

  /** Notes an error that belongs to no step. */
  #report(error: ZfsVmError): void {
    this.#errors.push(error);
    this.context.emit({ kind: 'trouble', error });
  }

  /**
   * Notes that a step failed, or was stopped with its lane. The chains behind it there go back into the queue.
   * @param lane what was still to be sent through it, and what stops it
   */
  #fail(
    { chain, step }: Arrival,
    { error, fault }: { readonly error: ZfsVmError; readonly fault: Fault },
    { legs, signal }: { readonly legs: readonly Leg[]; readonly signal: AbortSignal },
  ): void {
    if (this.context.signal.aborted) return;
    if (signal.aborted && fault !== 'lost') {
      this.#faults.add('behind');
      this.context.emit({ kind: 'step-stopped', chain, step });
    } else {
      this.#errors.push(error);
      this.#faults.add(fault);
      this.context.emit({ kind: 'step-failed', chain, step, error });
    }
    this.queue.giveBack([...new Set(legs.map((leg) => leg.chain))].filter((other) => other !== chain));
    this.#failed.push(chain);
    this.#changes.announce();
  }

  #failUnexpectedly(
    thrown: unknown,
    lane: { readonly legs: readonly Leg[]; readonly signal: AbortSignal },
  ): void {
    const [leg] = lane.legs;
    if (!(thrown instanceof ZfsVmError) || leg === undefined) throw thrown;
    const fault = thrown.kind === 'connection' ? 'lost' : 'failed';
    this.#fail({ chain: leg.chain, step: leg.steps[0] }, { error: thrown, fault }, lane);
  }

  /** Passes an event on. When something has come that others wait for, new lanes can begin before this one ends. */
  readonly #note = (event: TransferEvent): void => {
    this.context.emit(event);
    this.context.notes.follow(event);
    if (event.kind !== 'step-done') return;
    this.#done.push(event);
    this.queue.noteArrival(event.chain, event.step.to.name);
    this.#changes.announce();
  };

  /** Makes what is missing above the destinations of chains. @returns those that have a place then; of the others it is told */
  async #makeParents(chains: readonly Chain[]): Promise<readonly Chain[]> {
    const failures = await this.#parents.make(chains.map(({ destination }) => destination));
    for (const [dataset, error] of failures) {
      this.#errors.push(error);
      this.context.emit({ kind: 'parent-failed', dataset, error });
      for (const chain of this.queue.dropBelow(dataset)) this.#skip(chain, dataset);
    }
    return chains.filter((chain) => {
      const missing = this.#parents.findFailedAbove(chain.destination);
      if (missing !== undefined) this.#skip(chain, missing);
      return missing === undefined;
    });
  }

  /** Tells that a chain can't go, for want of something above its destination. */
  #skip(chain: Chain, missing: string): void {
    this.context.emit({ kind: 'chain-skipped', chain, missing });
    this.#failed.push(chain);
    this.#changes.announce();
  }

  /** Gives what went wrong. */
  async #runPreparations(chains: readonly Chain[], signal: AbortSignal): Promise<Obstacle | undefined> {
    const { receiver } = this.context;
    for (const chain of chains) {
      const { replaced, emit } = this.context;
      replaced.add(chain, receiver.host.name);
      const obstacle = await prepareDestination(receiver, chain, signal);
      if (obstacle !== undefined && obstacle.fault !== 'lost') replaced.remove(chain);
      this.context.signal.throwIfAborted();
      if (obstacle !== undefined) return obstacle;
      replaced.confirm(chain);
      const { destination, preparation } = chain;
      if (preparation?.kind !== 'replace' && preparation?.kind !== 'set-aside') continue;
      const isKept = preparation.kind === 'set-aside';
      emit({ kind: 'moved-aside', host: receiver.host.name, destination, aside: preparation.aside, isKept });
    }
    return undefined;
  }
}

/**
 * How many streams go side by side where nobody says. Each receive waits for its pool to write twice, and those that go side by side
 * wait together: so the many small streams of many datasets are brought by more lanes, few large ones by fewer.
 */
function chooseLaneCount({ chains }: Plan): number {
  return Math.min(mostUsualLanes, Math.max(fewestUsualLanes, Math.ceil(chains.length / chainsPerLane)));
}

/** sshd allows ten sessions on a connection, unless configured otherwise, and some are for other commands. */
const mostUsualLanes = 8;
const fewestUsualLanes = 4;
const chainsPerLane = 8;

/** A lane within one host has up to three channels there: with more lanes, receivers could hold all ten, and wait for ever for senders. */
const mostLanesOfOneHost = 3;

/**
 * Whether several receives may read one stdin, one after another. sudo that logs what its commands read (`log_input`, `log_stdin`)
 * reads ahead for them, and the next one would miss what was read; otherwise it leaves stdin alone, also with Debian's `use_pty`
 * (seen with sudo 1.9.13).
 */
async function canChainReceives({ host, zfs }: Endpoint, signal: AbortSignal): Promise<boolean> {
  if (zfs[0] !== 'sudo') return true;
  const { exit, stdout } = await runCommand(host, ['sudo', '-n', '-l'], { signal });
  signal.throwIfAborted();
  return isSuccess(exit) && !/log_(input|stdin)/i.test(stdout);
}

/** The last snapshot that came of each dataset of the sender, by full name. */
function findTips(done: readonly Arrival[]): string[] {
  return [...new Map(done.map(({ chain, step }) => [chain.source, fullNameOf(step.to)])).values()];
}

/** The same legs, beginning with a step of the first one, that chain's without options that its receiver has refused. */
function resend(
  legs: readonly Leg[],
  { chain, step, omitted }: Arrival & Pick<Leg, 'omitted'>,
): readonly Leg[] {
  const [first, ...rest] = legs;
  const [next, ...others] = first?.steps.slice(first.steps.indexOf(step)) ?? [];
  if (first === undefined || next === undefined) return [];
  return [{ ...first, steps: [next, ...others] } as const, ...rest].map((leg) =>
    leg.chain === chain ? { ...leg, omitted } : leg,
  );
}

/** The same legs with a stream for each version, from one of the first leg's on. */
function separate(legs: readonly Leg[], from: Step): Leg[] {
  const [first, ...rest] = legs.map(({ chain, steps, omitted }) =>
    steps.map((step): Leg => ({ chain, steps: [step], omitted })),
  );
  const start = first?.findIndex(({ steps }) => steps[0] === from) ?? 0;
  return [...(first ?? []).slice(start), ...rest.flat()];
}

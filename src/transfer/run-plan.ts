import { toCommandError } from '../command-error.js';
import { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import type { Chain, Plan, Step } from '../plan/plan.js';
import { landingOf, preparationCalls, streamOf } from '../plan/stream.js';
import { fullNameOf } from '../streamline/dataset.js';
import { isBusyFailure } from '../zfs/failure.js';
import { isWithin } from '../zfs/names.js';
import { createParentArguments, receiveArguments } from '../zfs/receive.js';
import { sendArguments } from '../zfs/send.js';
import type { NoteCarrier } from './carry-notes.js';
import { ChainQueue } from './chain-queue.js';
import type { Arrival, Fault, TransferEvent, TransferResult } from './event.js';
import { toLegs, type Leg } from './lane-script.js';
import { runLane, type LaneContext } from './run-lane.js';
import type { SourceBookmarks } from './source-bookmarks.js';
import { verifyArrivals } from './verify-arrivals.js';

/** What a plan is run with. */
export interface TransferContext extends LaneContext {
  /** How many streams go side by side. */
  readonly lanes: number;
  /** What leaves bookmarks on the sender: of the last snapshot that each chain brought. None where that is left out. */
  readonly bookmarks: SourceBookmarks | undefined;
  /** What gives the versions their notes. */
  readonly notes: NoteCarrier;
}

/** A lane's command line has to fit into what a remote shell takes (128 KiB, and every odd character takes five). */
const longestLane = 20_000;

/**
 * Runs a plan: independent chains side by side, each chain's steps one after another through one channel. A step that fails ends
 * its chain and its lane; the chains behind it go on in a fresh one, but for those that need what didn't arrive. In the end the
 * receiver is asked whether it has what was sent.
 * @throws ZfsVmError when a host can't start commands; the signal's reason when it is aborted
 */
export async function runPlan(plan: Plan, context: TransferContext): Promise<TransferResult> {
  return new PlanRun(plan, context).run();
}

class PlanRun {
  readonly #plan: Plan;
  readonly #context: TransferContext;
  readonly #queue: ChainQueue;
  readonly #running = new Set<Promise<void>>();
  readonly #done: Arrival[] = [];
  readonly #errors: ZfsVmError[] = [];
  readonly #faults = new Set<Fault>();
  #bytes = 0;
  /** Whether one channel takes many streams. */
  #canChain = true;
  /** Whether one stream takes many versions. */
  #canShare = true;
  /** What a lane threw that is no expected error. */
  #defect: Error | undefined;

  constructor(plan: Plan, context: TransferContext) {
    this.#plan = plan;
    this.#context = context;
    this.#queue = new ChainQueue(plan.chains);
  }

  async run(): Promise<TransferResult> {
    const { emit, signal, clock, notes } = this.#context;
    const startedAtMs = clock.nowMs();
    notes.begin(this.#plan, this.#context);
    await this.#unlessLost(async () => {
      await this.#createParents();
      if (this.#plan.chains.length > 0) {
        this.#canChain = await canChainReceives(this.#context.receiver, signal);
      }
    });
    this.#startLanes();
    while (this.#running.size > 0) {
      await Promise.race(this.#running);
      this.#startLanes();
    }
    signal.throwIfAborted();
    if (this.#defect !== undefined) throw this.#defect;
    const isLost = this.#faults.has('lost');
    for (const chain of this.#queue.drain()) {
      emit({ kind: 'chain-skipped', chain, missing: isLost ? undefined : chain.after });
    }
    const notThere = new Set<Chain>();
    await this.#unlessLost(async () => {
      // One asks the receiver, another the sender.
      const bookmarking = this.#context.bookmarks?.make(findTips(this.#done));
      const noting = notes.finish();
      const [missing] = await Promise.all([verifyArrivals(this.#done, this.#context), bookmarking, noting]);
      for (const { chain, error } of missing) {
        this.#report(error);
        notThere.add(chain);
      }
    });
    const versions = this.#done.filter(({ chain }) => !notThere.has(chain)).length;
    const planned = this.#plan.chains.reduce((sum, chain) => sum + chain.steps.length, 0);
    return {
      versions,
      failedVersions: planned - versions,
      bytes: this.#bytes,
      seconds: (clock.nowMs() - startedAtMs) / 1000,
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
      if (this.#context.signal.aborted || !(error instanceof ZfsVmError) || error.kind !== 'connection') {
        throw error;
      }
      this.#faults.add('lost');
      this.#report(error);
    }
  }

  /** Notes an error that belongs to no step. */
  #report(error: ZfsVmError): void {
    this.#errors.push(error);
    this.#context.emit({ kind: 'trouble', error });
  }

  #startLanes(): void {
    const { lanes, signal } = this.#context;
    for (;;) {
      const free = lanes - this.#running.size;
      if (free <= 0 || this.#faults.has('lost') || this.#defect !== undefined || signal.aborted) return;
      const chains = this.#queue.takeShare(free);
      if (chains.length === 0) return;
      const lane = this.#runChains(chains)
        .catch((error: unknown) => {
          this.#defect ??= error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => this.#running.delete(lane));
      this.#running.add(lane);
    }
  }

  /** Runs chains in one lane, as far as one lane goes; those behind a failed step are given back. */
  async #runChains(chains: readonly Chain[]): Promise<void> {
    let legs: readonly Leg[] = chains.flatMap((chain) => toLegs(chain, this.#canShare));
    try {
      const obstacle = await this.#prepare(chains);
      const [first] = legs;
      if (obstacle !== undefined && first !== undefined) {
        this.#fail({ chain: first.chain, step: first.steps[0] }, obstacle, legs);
        return;
      }
      while (legs.length > 0) {
        const lane = this.#canChain ? cutLane(legs) : legs.slice(0, 1);
        const { bytes, done, skipErrors, failure } = await runLane(lane, {
          ...this.#context,
          emit: this.#note,
        });
        this.#bytes += bytes;
        this.#errors.push(...skipErrors);
        if (skipErrors.length > 0) this.#faults.add('failed');
        legs = legs.slice(done);
        if (failure === undefined) continue;
        if (failure.mayGoAlone && (legs[0]?.steps.length ?? 0) > 1) {
          this.#canShare = false;
          legs = separate(legs, failure.step);
          continue;
        }
        this.#fail(failure, failure, legs);
        return;
      }
    } catch (error) {
      const [leg] = legs;
      if (!(error instanceof ZfsVmError) || leg === undefined) throw error;
      const fault = error.kind === 'connection' ? 'lost' : 'failed';
      this.#fail({ chain: leg.chain, step: leg.steps[0] }, { error, fault }, legs);
    }
  }

  #fail(
    { chain, step }: Arrival,
    { error, fault }: { readonly error: ZfsVmError; readonly fault: Fault },
    legs: readonly Leg[],
  ): void {
    if (this.#context.signal.aborted) return;
    this.#errors.push(error);
    this.#faults.add(fault);
    this.#context.emit({ kind: 'step-failed', chain, step, error });
    this.#queue.giveBack([...new Set(legs.map((leg) => leg.chain))].filter((other) => other !== chain));
  }

  /** Passes an event on. When something has come that others wait for, new lanes can begin before this one ends. */
  readonly #note = (event: TransferEvent): void => {
    this.#context.emit(event);
    this.#context.notes.note(event);
    if (event.kind !== 'step-done') return;
    this.#done.push(event);
    this.#queue.noteArrival(event.chain, event.step.to.name);
    this.#startLanes();
  };

  /** Does to the destinations what has to be done first; gives what went wrong. */
  async #prepare(chains: readonly Chain[]): Promise<{ error: ZfsVmError; fault: Fault } | undefined> {
    const { receiver, signal } = this.#context;
    for (const call of chains.flatMap((chain) => preparationCalls(chain))) {
      const result = await runCommand(receiver.host, [...receiver.zfs, ...call], { signal });
      signal.throwIfAborted();
      if (isSuccess(result.exit)) continue;
      const error = toCommandError(receiver.host.name, `zfs ${call[0] ?? ''}`, result);
      if (result.exit.kind === 'lost') return { error, fault: 'lost' };
      return { error, fault: isBusyFailure(result.stderr) ? 'busy' : 'failed' };
    }
    return undefined;
  }

  /** Makes what is missing above the destinations, before anything is sent; what can't get a place is left out. */
  async #createParents(): Promise<void> {
    const { receiver, emit, signal } = this.#context;
    const failed: string[] = [];
    for (const dataset of new Set(this.#plan.chains.flatMap((chain) => chain.parents))) {
      if (failed.some((parent) => isWithin(dataset, parent))) continue;
      const argv = [...receiver.zfs, ...createParentArguments(dataset)];
      const result = await runCommand(receiver.host, argv, { signal });
      signal.throwIfAborted();
      if (isSuccess(result.exit)) emit({ kind: 'parent-created', host: receiver.host.name, dataset });
      // Another run may have made it since we looked.
      if (isSuccess(result.exit) || result.stderr.includes('dataset already exists')) continue;
      const error = toCommandError(receiver.host.name, `zfs create ${dataset}`, result);
      if (result.exit.kind === 'lost') throw error;
      failed.push(dataset);
      this.#errors.push(error);
      emit({ kind: 'parent-failed', dataset, error });
      for (const chain of this.#queue.dropBelow(dataset)) {
        emit({ kind: 'chain-skipped', chain, missing: dataset });
      }
    }
  }
}

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

/** The last snapshot that each chain brought, by full name. */
function findTips(done: readonly Arrival[]): string[] {
  return [...new Map(done.map(({ chain, step }) => [chain, fullNameOf(step.to)])).values()];
}

/** The same legs with a stream for each version, from one of the first leg's on. */
function separate(legs: readonly Leg[], from: Step): Leg[] {
  const [first, ...rest] = legs.map(({ chain, steps }) =>
    steps.map((step): Leg => ({ chain, steps: [step] })),
  );
  const start = first?.findIndex(({ steps }) => steps[0] === from) ?? 0;
  return [...(first ?? []).slice(start), ...rest.flat()];
}

/** As many of the legs as fit into one command line, at least one. */
function cutLane(legs: readonly Leg[]): Leg[] {
  let length = 0;
  const tooMany = legs.findIndex(({ chain, steps }, index) => {
    const words = [...sendArguments(streamOf(chain, steps)), ...receiveArguments(landingOf(chain, steps[0]))];
    length += words.reduce((sum, word) => sum + word.length + 1, 0);
    return index > 0 && length > longestLane;
  });
  return legs.slice(0, tooMany < 0 ? legs.length : tooMany);
}

import type { Endpoint } from '../../host/endpoint.js';
import type { Chain, Step } from '../../plan/plan.js';
import type { Arrival } from '../event.js';
import { hasBulkEnds, openBulkEnds, type LaneEnds } from '../lanes/bulk-ends.js';
import { countFittingLegs } from '../lanes/count-fitting-legs.js';
import { toLegs, type Leg } from '../lanes/lane-script.js';
import { LanesAhead } from '../lanes/lanes-ahead.js';
import { sharesConnection } from '../lanes/pair-turns.js';
import { isUnseen, openLane, runLane, type LaneContext, type LaneResult } from '../lanes/run-lane.js';
import { OmittedOptions } from './omitted-options.js';
import type { ReceiverRecord } from './receiver-record.js';
import type { TransferContext } from './transfer-context.js';

type LegContext = LaneContext & Pick<TransferContext, 'largeChains'>;

/** Sends legs to a receiver, and knows what it has refused so far: the next legs are made so that it takes them. */
export class LegSender {
  readonly #context: LegContext;
  readonly #record: ReceiverRecord;
  readonly #ahead = new LanesAhead();
  readonly #omitted = new OmittedOptions();
  /** Whether one channel takes many streams. */
  #canChain = true;
  /** Whether one stream takes many versions. */
  #canShare: boolean;

  constructor(context: LegContext, record: ReceiverRecord) {
    this.#context = context;
    this.#record = record;
    this.#canShare = !isUnseen(context);
  }

  /** One channel takes one stream only, from here on. */
  sendEachAlone(): void {
    this.#canChain = false;
  }

  /** The legs that bring chains. */
  toLegs(chains: readonly Chain[]): readonly Leg[] {
    return chains.flatMap((chain) => this.#omitted.adapt(toLegs(chain, this.#canShare)));
  }

  /** How many of the legs, at least one, go through one lane: as many as fit into one command line. */
  countForLane(legs: readonly Leg[]): number {
    return this.#canChain ? countFittingLegs(legs) : 1;
  }

  /**
   * Sends the first legs through one lane.
   * @param sender where it begins: the sender, or this receiver's part of it
   * @returns the legs that are to go through another: none after a failure, which is noted
   */
  async send(
    legs: readonly Leg[],
    count: number,
    sender: Endpoint,
    signal: AbortSignal,
  ): Promise<readonly Leg[]> {
    const record = this.#record;
    try {
      const context = { ...this.#context, sender, signal, emit: record.follow };
      const ends = await this.#openEnds(legs.slice(0, count), context);
      const lane = { ...context, sender: ends.sender, receiver: ends.receiver, isLarge: ends.isLarge };
      if (isUnseen(lane) && legs.slice(0, count).some(({ steps }) => steps.length > 1)) {
        await ends.close();
        this.#canShare = false;
        return legs.flatMap(separateLeg);
      }
      const { bytes, done, skipErrors, failure } = await this.#sendThrough(legs, count, lane).finally(
        ends.close,
      );
      record.addLane({ bytes, skipErrors });
      this.#noteOmitted(legs.slice(0, done));
      const left = legs.slice(done);
      if (failure === undefined) return left;
      const { omitted, mayGoAlone } = failure;
      if (omitted !== undefined && !signal.aborted) return resend(left, { ...failure, omitted });
      if (mayGoAlone && (left[0]?.steps.length ?? 0) > 1) {
        this.#canShare = false;
        return separate(left, failure.step);
      }
      record.fail(failure, failure, { legs: left, signal });
    } catch (error) {
      record.failBy(error, { legs, signal });
    }
    return [];
  }

  /** The ends of a lane by the connections that suit what goes through it. */
  async #openEnds(
    legs: readonly Leg[],
    { sender, receiver, rateLimit }: LaneContext,
  ): Promise<LaneEnds & { readonly isLarge: boolean }> {
    // Where a channel takes one stream, the next one is opened beside it, and a connection for large streams has room for one.
    const canBe = this.#canChain && hasBulkEnds({ sender: sender.host, receiver: receiver.host, rateLimit });
    const chains = [...new Set(legs.map(({ chain }) => chain))];
    if (canBe && (await this.#context.largeChains?.areLarge(chains)) === true) {
      return { ...(await openBulkEnds(sender, receiver)), isLarge: true };
    }
    return { sender, receiver, isLarge: false, close: () => Promise.resolve() };
  }

  #noteOmitted(legs: readonly Leg[]): void {
    const { receiver, emit } = this.#context;
    for (const pool of this.#omitted.learn(legs)) {
      const where = `${receiver.host.name}: pool ${pool}`;
      const message = `${where} does not support resumable receives: an interrupted stream restarts from the beginning`;
      emit({ kind: 'warning', message });
    }
  }

  /** Sends the first legs through a lane, and opens the next one meanwhile, if a channel takes one stream only. */
  async #sendThrough(legs: readonly Leg[], count: number, context: LaneContext): Promise<LaneResult> {
    const [first] = legs;
    // Within one connection, a receiver that waits keeps others from beginning.
    const opensAhead =
      !this.#canChain && !sharesConnection({ sender: context.sender.host, receiver: context.receiver.host });
    const next = opensAhead ? legs[count] : undefined;
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
  const [first, ...rest] = legs.map(separateLeg);
  const start = first?.findIndex(({ steps }) => steps[0] === from) ?? 0;
  return [...(first ?? []).slice(start), ...rest.flat()];
}

/** A leg for each version of one. */
function separateLeg({ chain, steps, omitted }: Leg): Leg[] {
  return steps.map((step) => ({ chain, steps: [step], omitted }));
}

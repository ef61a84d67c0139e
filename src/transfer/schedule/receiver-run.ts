import type { Chain, Plan } from '../../plan/plan.js';
import { ParentMaker } from '../around/make-parents.js';
import type { TransferResult } from '../event.js';
import { LagAccount } from '../lanes/lag-account.js';
import type { Leg } from '../lanes/lane-script.js';
import { ChainQueue } from './chain-queue.js';
import type { Changes } from './changes.js';
import { concludeReceiver } from './conclude-receiver.js';
import { findLaneLimits } from './lane-limits.js';
import { LegSender } from './leg-sender.js';
import { makeParentsOf, prepareDestinations } from './prepare-destinations.js';
import { ReceiverRecord } from './receiver-record.js';
import type { TransferContext } from './transfer-context.js';

/**
 * One receiver's part in the running of plans: what is still to be sent to it, what has come, and what went wrong. It does what
 * concerns this receiver alone; what is sent when is up to others.
 */
export class ReceiverRun {
  readonly context: TransferContext;
  readonly queue: ChainQueue;
  /** For how long others have waited for it. */
  readonly lag: LagAccount;
  /** What sends to it. */
  readonly legSender: LegSender;
  readonly #plan: Plan;
  readonly #changes: Changes;
  readonly #record: ReceiverRecord;
  readonly #parents: ParentMaker;
  readonly #lanes = new Set<object>();
  readonly #leftBehind = new AbortController();
  readonly #startedAtMs: number;
  /** How many lanes may run to it; none before it is ready. */
  #mostLanes = 0;
  /** What a lane threw that is no expected error. */
  #defect: Error | undefined;

  /** @param changes hears of what may let lanes begin, to this receiver or others */
  constructor(plan: Plan, context: TransferContext, changes: Changes) {
    this.#plan = plan;
    this.context = context;
    this.#changes = changes;
    this.queue = new ChainQueue(plan.chains);
    this.#record = new ReceiverRecord(context, this.queue, changes);
    this.#parents = new ParentMaker(plan, context);
    this.legSender = new LegSender(context, this.#record);
    this.lag = new LagAccount(context.clock);
    this.#startedAtMs = context.clock.nowMs();
  }

  /** How many lanes run to it. */
  get laneCount(): number {
    return this.#lanes.size;
  }

  /** How many more may at the moment. */
  get freeLanes(): number {
    return this.isOver ? 0 : Math.max(0, this.#mostLanes - this.#lanes.size);
  }

  /** Whether lanes may run to it, and none does. */
  get isIdle(): boolean {
    return this.freeLanes > 0 && this.#lanes.size === 0;
  }

  /** Whether no more lanes are to begin: it is lost, or everything is to end. */
  get isOver(): boolean {
    return this.#record.isLost || this.#defect !== undefined || this.context.signal.aborted;
  }

  /** Aborted when others don't wait for it any more. */
  get leftBehind(): AbortSignal {
    return this.#leftBehind.signal;
  }

  /** Makes it ready to receive. */
  async begin(): Promise<void> {
    this.context.notes.begin(this.#plan, this.context);
    await this.#record.unlessLost(async () => {
      const { mostLanes, canChain } = await findLaneLimits(this.#plan, this.context);
      if (!canChain) this.legSender.sendEachAlone();
      this.#mostLanes = mostLanes;
    });
    this.#changes.announce();
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
    return this.#record.takeFailed();
  }

  /** Others don't wait for it any more: what they have been sent together with it is ended for it. */
  leaveBehind(): void {
    this.context.emit({ kind: 'left-behind', seconds: Math.round(this.lag.heldMs / 1000) });
    this.#leftBehind.abort();
    this.#changes.announce();
  }

  /**
   * Does to the destinations, and above them, what has to be done before their chains.
   * @returns the legs of a lane; none when something went wrong, which is noted
   */
  async prepare(chains: readonly Chain[], signal: AbortSignal): Promise<readonly Leg[]> {
    let legs = this.legSender.toLegs(chains);
    try {
      const housed = await makeParentsOf(chains, this.#parents, this.#record);
      legs = legs.filter(({ chain }) => housed.includes(chain));
      const [first] = legs;
      const obstacle = await prepareDestinations(housed, this.context, signal);
      if (obstacle === undefined || first === undefined) return legs;
      this.#record.fail({ chain: first.chain, step: first.steps[0] }, obstacle, { legs, signal });
    } catch (error) {
      this.#record.failBy(error, { legs, signal });
    }
    return [];
  }

  /** Ends it, and gives what came of it all. */
  async end(): Promise<TransferResult> {
    const { emit, signal, clock } = this.context;
    signal.throwIfAborted();
    if (this.#defect !== undefined) throw this.#defect;
    const { isLost } = this.#record;
    for (const chain of this.queue.drain()) {
      emit({ kind: 'chain-skipped', chain, missing: isLost ? undefined : this.queue.findMissing(chain) });
    }
    const versions = await concludeReceiver(this.#record, this.#plan, this.context);
    const planned = this.#plan.chains.reduce((sum, chain) => sum + chain.steps.length, 0);
    const { bytes, errors, faults } = this.#record;
    return {
      ...{ versions, failedVersions: planned - versions, bytes, errors, faults },
      seconds: (clock.nowMs() - this.#startedAtMs) / 1000,
    };
  }
}

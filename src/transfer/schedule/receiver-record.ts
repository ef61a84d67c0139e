import { ZfsVmError } from '../../base/errors.js';
import type { Chain } from '../../plan/plan.js';
import type { Arrival, Fault, TransferEvent } from '../event.js';
import type { Leg } from '../lanes/lane-script.js';
import type { ChainQueue } from './chain-queue.js';
import type { Changes } from './changes.js';
import type { TransferContext } from './transfer-context.js';

/** A lane in which something went wrong. */
export interface BrokenLane {
  /** What was still to be sent through it. */
  readonly legs: readonly Leg[];
  /** What stops it. */
  readonly signal: AbortSignal;
}

/** What has come to a receiver so far, and what went wrong there. Emits an event for each. */
export class ReceiverRecord {
  readonly #context: Pick<TransferContext, 'emit' | 'notes' | 'signal'>;
  readonly #queue: ChainQueue;
  readonly #changes: Changes;
  readonly #done: Arrival[] = [];
  readonly #failed: Chain[] = [];
  readonly #errors: ZfsVmError[] = [];
  readonly #faults = new Set<Fault>();
  #bytes = 0;

  /** @param queue what is still to be sent to the receiver @param changes hears of what may let lanes begin */
  constructor(
    context: Pick<TransferContext, 'emit' | 'notes' | 'signal'>,
    queue: ChainQueue,
    changes: Changes,
  ) {
    this.#context = context;
    this.#queue = queue;
    this.#changes = changes;
  }

  get done(): readonly Arrival[] {
    return this.#done;
  }

  get errors(): readonly ZfsVmError[] {
    return this.#errors;
  }

  get faults(): ReadonlySet<Fault> {
    return this.#faults;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the receiver, or the sender, is lost. */
  get isLost(): boolean {
    return this.#faults.has('lost');
  }

  /** Passes an event of a lane on. When something has come that others wait for, new lanes can begin before this one ends. */
  readonly follow = (event: TransferEvent): void => {
    this.#context.emit(event);
    this.#context.notes.follow(event);
    if (event.kind !== 'step-done') return;
    this.#done.push(event);
    this.#queue.noteArrival(event.chain, event.step.to.name);
    this.#changes.announce();
  };

  /** Counts what has gone through a lane, and the versions that it passed over. */
  addLane({
    bytes,
    skipErrors,
  }: {
    readonly bytes: number;
    readonly skipErrors: readonly ZfsVmError[];
  }): void {
    this.#bytes += bytes;
    this.#errors.push(...skipErrors);
    if (skipErrors.length > 0) this.#faults.add('failed');
  }

  /** Notes that a step failed, or was stopped with its lane. The chains behind it there go back into the queue. */
  fail(
    { chain, step }: Arrival,
    { error, fault }: { readonly error: ZfsVmError; readonly fault: Fault },
    { legs, signal }: BrokenLane,
  ): void {
    const { emit } = this.#context;
    if (this.#context.signal.aborted) return;
    if (signal.aborted && fault !== 'lost') {
      this.#faults.add('behind');
      emit({ kind: 'step-stopped', chain, step });
    } else {
      this.#errors.push(error);
      this.#faults.add(fault);
      emit({ kind: 'step-failed', chain, step, error });
    }
    this.#queue.giveBack([...new Set(legs.map((leg) => leg.chain))].filter((other) => other !== chain));
    this.#noteFailed(chain);
  }

  /** The same for what was thrown, which is taken for the failure of what was next. @throws what is no expected error */
  failBy(thrown: unknown, lane: BrokenLane): void {
    const [leg] = lane.legs;
    if (!(thrown instanceof ZfsVmError) || leg === undefined) throw thrown;
    const fault = thrown.kind === 'connection' ? 'lost' : 'failed';
    this.fail({ chain: leg.chain, step: leg.steps[0] }, { error: thrown, fault }, lane);
  }

  /** Notes that a dataset can't be made which others would have gone below. */
  failParent(dataset: string, error: ZfsVmError): void {
    this.#errors.push(error);
    this.#context.emit({ kind: 'parent-failed', dataset, error });
    for (const chain of this.#queue.dropBelow(dataset)) this.skip(chain, dataset);
  }

  /** Notes that a chain can't go, for want of something above its destination. */
  skip(chain: Chain, missing: string): void {
    this.#context.emit({ kind: 'chain-skipped', chain, missing });
    this.#noteFailed(chain);
  }

  /** Notes an error that belongs to no step. */
  report(error: ZfsVmError): void {
    this.#errors.push(error);
    this.#context.emit({ kind: 'trouble', error });
  }

  /** The chains of which it is known, since this was asked last, that they won't come. */
  takeFailed(): readonly Chain[] {
    return this.#failed.splice(0);
  }

  /** Does what needs the receiver, unless it is lost; when that is when it is noticed, what was done before counts all the same. */
  async unlessLost(work: () => Promise<void>): Promise<void> {
    if (this.isLost) return;
    try {
      await work();
    } catch (error) {
      if (this.#context.signal.aborted || !(error instanceof ZfsVmError) || error.kind !== 'connection') {
        throw error;
      }
      this.#faults.add('lost');
      this.report(error);
    }
  }

  #noteFailed(chain: Chain): void {
    this.#failed.push(chain);
    this.#changes.announce();
  }
}

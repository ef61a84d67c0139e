import { ZfsVmError } from '../../base/errors.js';
import { addResults } from '../../transfer/add-results.js';
import type { TransferResult } from '../../transfer/event.js';
import type { Surroundings } from '../surroundings.js';
import type { TransferEnding } from '../transfer-outcome.js';
import type { PreparedTransfer, ReceiverTransfer } from './receiver-transfer.js';
import { startRound } from './round.js';

/** How long to wait before each further attempt; the last one again and again. */
const retryDelaysSeconds = [1, 5, 15, 30];

/** The attempts for one receiver: where a host is lost or busy, it is read and planned anew, and goes on where it stood. */
export class Attempts {
  readonly #receiver: ReceiverTransfer;
  readonly #surroundings: Surroundings;
  /** The number of the next attempt but the first, if there is one. */
  #next = 1;
  /** Whether something may have been received. */
  #hasBegun = false;

  constructor(receiver: ReceiverTransfer, surroundings: Surroundings) {
    this.#receiver = receiver;
    this.#surroundings = surroundings;
  }

  /**
   * Goes on until all is there, or nothing more helps.
   * @param looked the first plan
   * @param inRound what comes of it in the round that was started for the first plans; undefined where it wasn't ready for that
   * @throws ZfsVmError when it can't be done at all
   */
  async run(
    looked: Promise<PreparedTransfer>,
    inRound: Promise<TransferResult> | undefined,
  ): Promise<TransferEnding> {
    let ending = await this.#runFirst(looked, inRound);
    if (ending.result.faults.has('behind')) ending = await this.#runAgain(ending);
    for (;;) {
      const { plan, result } = ending;
      const [error] = result.errors;
      const mayHelp = result.faults.has('lost') || result.faults.has('busy');
      if (error === undefined || !mayHelp || !this.#hasMore) {
        this.#receiver.tellEnd(plan, result);
        return ending;
      }
      await this.#wait(error, result.faults.has('lost'));
      ending = await this.#runAgain(ending);
    }
  }

  get #hasMore(): boolean {
    return this.#next <= this.#receiver.options.retries;
  }

  /** The first attempt. A connection that is lost while the hosts are read is no reason to give up, one that can't be made is. */
  async #runFirst(
    looked: Promise<PreparedTransfer>,
    inRound: Promise<TransferResult> | undefined,
  ): Promise<TransferEnding> {
    for (let attempt = this.#runPlan(looked, inRound); ; attempt = this.#runPlan(this.#receiver.prepare())) {
      try {
        return await attempt;
      } catch (error) {
        if (!(error instanceof ZfsVmError) || !error.isLoss || !this.#hasMore) throw error;
        this.#receiver.emit({ kind: 'trouble', error });
        await this.#wait(error, true);
      }
    }
  }

  /** Once more, and what all attempts came to. A host that isn't back yet is no reason to give up. */
  async #runAgain({ plan: before, result: sum }: TransferEnding): Promise<TransferEnding> {
    try {
      const { plan, result } = await this.#runPlan(this.#receiver.prepare());
      return { plan, result: addResults(sum, result) };
    } catch (error) {
      if (!(error instanceof ZfsVmError) || error.kind !== 'connection') throw error;
      this.#receiver.emit({ kind: 'trouble', error });
      return { plan: before, result: { ...sum, errors: [error], faults: new Set(['lost']) } };
    }
  }

  /** Runs a plan: in the round that it is a part of, or in one of its own. */
  async #runPlan(
    preparing: Promise<PreparedTransfer>,
    inRound?: Promise<TransferResult>,
  ): Promise<TransferEnding> {
    const { signal } = this.#surroundings;
    try {
      const prepared = await preparing;
      this.#hasBegun = true;
      const result = await (inRound ?? this.#runAlone(prepared));
      return { plan: prepared.plan, result: await this.#receiver.conclude(prepared, result) };
    } catch (error) {
      throw signal.aborted ? this.#explainInterrupt(signal) : error;
    }
  }

  async #runAlone({ work }: PreparedTransfer): Promise<TransferResult> {
    const { bookmark, wantsSizes } = this.#receiver.options;
    const alone = new Map([[work.receiver, work]]);
    const { resultOf } = await startRound(alone, { bookmark, wantsSizes, lagMs: 0 }, this.#surroundings);
    return resultOf(work.receiver);
  }

  /** Tells why it is tried again, and waits. @param isLost whether the hosts have to be connected to anew */
  async #wait(error: ZfsVmError, isLost: boolean): Promise<void> {
    const delaySeconds = retryDelaysSeconds[Math.min(this.#next, retryDelaysSeconds.length) - 1] ?? 0;
    const left = this.#receiver.options.retries - this.#next;
    this.#receiver.emit({ kind: 'retrying', error, delaySeconds, left });
    this.#next++;
    await this.#receiver.wait(delaySeconds, isLost);
    const { signal } = this.#surroundings;
    if (signal.aborted) throw this.#explainInterrupt(signal);
  }

  /** The error of the interrupt, with what is true of a transfer that was under way. */
  #explainInterrupt({ reason }: AbortSignal): unknown {
    if (!(reason instanceof ZfsVmError) || !this.#hasBegun) return reason;
    return new ZfsVmError(reason.kind, reason.message, {
      hint: 'what was received is kept; run the same command again to continue',
    });
  }
}

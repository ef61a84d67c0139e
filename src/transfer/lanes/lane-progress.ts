import type { Clock } from '../../base/clock.js';
import { ZfsVmError } from '../../base/errors.js';
import type { Step } from '../../plan/plan.js';
import { toPrintable } from '../../base/printable.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { findPropertyWarnings, ReceivedReader, type Received } from '../../zfs/receive.js';
import { readSendLine } from '../../zfs/send.js';
import type { Arrival, TransferEvent } from '../event.js';
import { readBegunLeg, type Leg, type LegReport } from './lane-script.js';
import type { SenderNews } from './pipe.js';

/** What goes along with a lane's progress. */
export interface LaneProgressOptions {
  readonly senderName: string;
  readonly receiverName: string;
  /** Whether no byte comes through us, so that the sender has to tell of them. */
  readonly isJoined: boolean;
  readonly emit: (event: TransferEvent) => void;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Follows what both sides of a lane report, and tells of the versions that it brings. */
export class LaneProgress {
  readonly #legs: readonly Leg[];
  readonly #options: LaneProgressOptions;
  #startedAtMs: number;
  /** How many steps of the leg at work are settled. */
  #stepsDone = 0;
  /** The first step since the last arrival whose version was missing: the next one that arrives begins where this was to begin. */
  #missed: Step | undefined;
  /** Where the versions of the leg at work are in it, by name. */
  #positions: ReadonlyMap<string, number>;
  /** The leg that the sender is at; the receiver may be behind. */
  #sending = 0;
  /** What the receiver says of the leg at work. */
  #receiving = new ReceivedReader();
  /** What has arrived last of it. */
  #received: Received | undefined;
  /** Whether its last version has. */
  #hasLast = false;
  /** How many bytes are known of, by stream; only where they aren't counted on their way. */
  readonly #told = new Map<string, number>();
  readonly #skipErrors: ZfsVmError[] = [];
  /** How many legs are done. */
  done = 0;
  /** The report of the leg that failed. */
  failed: LegReport | undefined;
  /** How many bytes have gone to the receiver, as far as is known. */
  bytes = 0;

  constructor(legs: readonly Leg[], options: LaneProgressOptions) {
    this.#legs = legs;
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    this.#positions = indexSteps(legs[0]);
  }

  /** The version that is on its way; undefined when all are there. */
  get current(): Arrival | undefined {
    const leg = this.#legs[this.done];
    const step = leg?.steps[this.#stepsDone];
    return leg === undefined || step === undefined ? undefined : { chain: leg.chain, step };
  }

  /** An error for each version that wasn't in its stream, though one after it was. */
  get skipErrors(): readonly ZfsVmError[] {
    return this.#skipErrors;
  }

  /** Notes that the next version is on its way. */
  begin(): void {
    this.#startedAtMs = this.#options.clock.nowMs();
    const { current } = this;
    if (current !== undefined) this.#options.emit({ kind: 'step-started', ...current });
  }

  /** So many bytes have gone over, while the receiver was at the leg that isn't done yet. */
  addBytes(bytes: number): void {
    this.#add(this.done, bytes);
  }

  /** Reads a line of a sender that tells its progress. */
  follow(line: string): SenderNews {
    const begun = readBegunLeg(line);
    if (begun !== undefined && begun < this.#legs.length) {
      this.#sending = begun;
      return 'words';
    }
    const said = readSendLine(line);
    switch (said.kind) {
      case 'sent': {
        return this.#raise(this.#sending, this.#nameInLeg(said.to), said.bytes) ? 'moved' : 'nothing';
      }
      case 'talk':
        return 'nothing';
      case 'other':
        return 'words';
    }
  }

  /**
   * Hears a line that the receiver's zfs says of the leg at work: the first versions of a stream may have arrived. The last one
   * has when zfs has ended.
   */
  hear(line: string): void {
    const received = this.#receiving.read(line);
    const leg = this.#legs[this.done];
    if (received === undefined || leg === undefined) return;
    this.#received = received;
    const index = this.#positions.get(received.name ?? '') ?? -1;
    const isLast = index === leg.steps.length - 1;
    this.#hasLast ||= isLast;
    if (index < this.#stepsDone || isLast) return;
    this.#skipUntil(index);
    this.#complete(received.bytes);
  }

  /** Notes how a leg ended. */
  report({ index, status, said }: LegReport): void {
    const leg = this.#legs[index];
    if (leg === undefined || index !== this.done) return;
    // `zfs send -I` ends its stream properly also when it could not read the next snapshot: zfs receive is content then.
    const isWhole = leg.steps.length === 1 || this.#hasLast;
    if (status !== 0 || !isWhole) {
      this.failed = { index, status, said };
      return;
    }
    this.#skipUntil(leg.steps.length - 1);
    const { set, exclude } = leg.chain.properties;
    for (const line of findPropertyWarnings(said, [...set.map(({ name }) => name), ...exclude])) {
      const message = `${this.#options.receiverName}: ${toPrintable(line)}`;
      this.#options.emit({ kind: 'warning', message });
    }
    this.#complete(this.#received?.bytes);
  }

  /** The version on its way has arrived. */
  #complete(bytes: number | undefined): void {
    const { current } = this;
    if (current === undefined) return;
    // A sender tells of each full second; the rest of its stream only the receiver can tell. What comes later is known already.
    if (this.#options.isJoined && bytes !== undefined) {
      this.#raise(this.done, current.step.to.name, bytes);
      this.#told.set(`${this.done}@${current.step.to.name}`, Infinity);
    }
    const seconds = (this.#options.clock.nowMs() - this.#startedAtMs) / 1000;
    const step = beginAt(current.step, this.#missed);
    this.#missed = undefined;
    this.#goOn();
    this.#options.emit({ kind: 'step-done', chain: current.chain, step, bytes, seconds });
    this.begin();
  }

  /** The receiver is past some versions of the leg without having got them: they were gone when the stream began. */
  #skipUntil(index: number): void {
    while (this.#stepsDone < index) {
      const { current } = this;
      this.#goOn();
      if (current === undefined) continue;
      this.#missed ??= current.step;
      const name = fullNameOf(current.step.to);
      const message = `${this.#options.senderName}: ${name} was destroyed or renamed before it could be sent`;
      const error = new ZfsVmError('failed', message, {
        hint: 'the next version was received without it; run the same command again to continue',
      });
      this.#skipErrors.push(error);
      this.#options.emit({ kind: 'step-failed', ...current, error });
      this.begin();
    }
  }

  #goOn(): void {
    this.#stepsDone++;
    if (this.#stepsDone < (this.#legs[this.done]?.steps.length ?? 0)) return;
    this.done++;
    this.#stepsDone = 0;
    this.#positions = indexSteps(this.#legs[this.done]);
    this.#receiving = new ReceivedReader();
    this.#received = undefined;
    this.#hasLast = false;
  }

  /** The name of the sender's snapshot in the leg that it is at; all that aren't there count as one, however many are told. */
  #nameInLeg(fullName: string): string {
    const name = fullName.slice(fullName.indexOf('@') + 1);
    const steps = this.#legs[this.#sending]?.steps ?? [];
    return steps.some((step) => step.to.name === name) ? name : '';
  }

  /** A stream has come to so many bytes; gives whether that is more than before. */
  #raise(index: number, name: string, bytes: number): boolean {
    const stream = `${index}@${name}`;
    const more = bytes - (this.#told.get(stream) ?? 0);
    if (more <= 0) return false;
    this.#told.set(stream, bytes);
    this.#add(index, more);
    return true;
  }

  #add(index: number, bytes: number): void {
    this.bytes += bytes;
    const leg = this.#legs[index] ?? this.#legs.at(-1);
    if (leg !== undefined) this.#options.emit({ kind: 'progress', chain: leg.chain, bytes });
  }
}

/** A step as it was taken: from where the missed one before it, if any, was to begin. */
function beginAt(step: Step, missed: Step | undefined): Step {
  if (step.kind !== 'incremental' || missed?.kind !== 'incremental') return step;
  return { ...step, from: missed.from };
}

function indexSteps(leg: Leg | undefined): ReadonlyMap<string, number> {
  return new Map(leg?.steps.map((step, index) => [step.to.name, index]));
}

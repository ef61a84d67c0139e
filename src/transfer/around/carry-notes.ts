import type { Clock } from '../../base/clock.js';
import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { ask } from '../../host/ask.js';
import { readNotes } from '../../inventory/read-notes.js';
import type { Plan } from '../../plan/plan.js';
import type { RecordOf } from '../../requests/request.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { TransferEvent } from '../event.js';

/** How often the notes of what has come are set: a short run has them all in one command, at its end. */
const setEveryMs = 5_000;

/** How many snapshots get their note from one zfs: names have 255 characters at most, and a command line has a limit. */
const namesAtOnce = 200;

/** What notes are carried with. */
export interface NoteContext {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly signal: AbortSignal;
}

/** One go at running a plan. */
interface Attempt {
  readonly context: NoteContext;
  /** The snapshots of the sender whose notes may be needed. */
  readonly names: readonly string[];
  /** When notes were set last, or it began. */
  setAtMs: number;
  reading: Promise<ReadonlyMap<string, string> | undefined> | undefined;
  setting: Promise<void> | undefined;
}

/**
 * Gives the versions that come to the receiver the notes that they have on the sender: streams don't bring them. The sender is asked
 * when the first bytes flow, in one command, and the receiver gets commands only if there are notes. Best effort: a version has come
 * also without its note. One carrier serves all attempts of a run, so that what came before a host was lost gets its note after it.
 */
export class NoteCarrier {
  /** What has come and isn't settled: its name on the receiver, by that on the sender. */
  readonly #due = new Map<string, string>();
  /** How many notes the receiver didn't take. */
  #refused = 0;
  #problem: string | undefined;
  #attempt: Attempt | undefined;

  /** Begins to carry the notes of a plan that is about to be run. */
  begin({ chains }: Plan, context: NoteContext): void {
    const planned = chains.flatMap(({ steps }) => steps.map(({ to }) => fullNameOf(to)));
    const names = [...this.#due.keys(), ...planned];
    const setAtMs = context.clock.nowMs();
    this.#attempt = { context, names, setAtMs, reading: undefined, setting: undefined };
  }

  /** Takes what happens to the plan. */
  follow(event: TransferEvent): void {
    const attempt = this.#attempt;
    if (attempt === undefined || (event.kind !== 'progress' && event.kind !== 'step-done')) return;
    attempt.reading ??= this.#read(attempt);
    if (event.kind === 'step-done') {
      const { chain, step } = event;
      this.#due.set(fullNameOf(step.to), `${chain.destination}@${step.to.name}`);
    }
    const nowMs = attempt.context.clock.nowMs();
    if (this.#due.size === 0 || nowMs - attempt.setAtMs < setEveryMs) return;
    attempt.setAtMs = nowMs;
    attempt.setting = this.#setDue(attempt);
  }

  /** Sets what is left, when nothing comes any more. */
  async finish(): Promise<void> {
    if (this.#attempt !== undefined && this.#due.size > 0) await this.#setDue(this.#attempt);
  }

  /** What has come without its note, in words; undefined when nothing has, as far as is known. */
  get shortfall(): string | undefined {
    if (this.#problem === undefined || this.#refused + this.#due.size === 0) return undefined;
    return `notes of versions were not copied: ${this.#problem}`;
  }

  async #read({ context, names }: Attempt): Promise<ReadonlyMap<string, string> | undefined> {
    try {
      return await readNotes(context.sender, names, context.signal);
    } catch (error) {
      this.#explain(error, context);
      return undefined;
    }
  }

  /** Sets the notes of what has come so far, when those that were being set are. */
  async #setDue(attempt: Attempt): Promise<void> {
    await attempt.setting;
    const notes = await (attempt.reading ??= this.#read(attempt));
    if (notes === undefined) return;
    const due = [...this.#due];
    const noted = due.flatMap(([name, place]) => {
      const note = notes.get(name);
      return note === undefined ? [] : [{ place, note }];
    });
    const isSettled = noted.length === 0 || (await this.#set(noted, attempt.context));
    if (isSettled) for (const [name] of due) this.#due.delete(name);
  }

  /** Sets notes in one command; gives whether the receiver has done what it can. */
  async #set(noted: readonly Noted[], context: NoteContext): Promise<boolean> {
    const { receiver, emit, signal } = context;
    try {
      const records = groupByNote(noted);
      const result = await ask<'set-notes'>(receiver, { kind: 'set-notes' }, () => records, { signal });
      if (isSuccess(result.exit)) {
        emit({ kind: 'notes-carried', host: receiver.host.name, notes: noted.length });
        return true;
      }
      this.#problem = toCommandError(receiver.host.name, 'zfs set', result).message;
      if (result.exit.kind !== 'exited') return false;
      this.#refused += noted.length;
      return true;
    } catch (error) {
      this.#explain(error, context);
      return false;
    }
  }

  /** Keeps what went wrong. @throws what isn't expected */
  #explain(error: unknown, { signal }: NoteContext): void {
    if (error instanceof ZfsVmError) this.#problem = error.message;
    else if (!signal.aborted) throw error;
  }
}

/** A note, and the receiver's full name of the snapshot that gets it. */
interface Noted {
  readonly place: string;
  readonly note: string;
}

function groupByNote(noted: readonly Noted[]): RecordOf<'set-notes'>[] {
  const places = new Map<string, string[]>();
  for (const { place, note } of noted) {
    const same = places.get(note);
    if (same === undefined) places.set(note, [place]);
    else same.push(place);
  }
  return [...places].flatMap(([note, all]) => cutInto(all, namesAtOnce).map((names) => ({ note, names })));
}

function cutInto<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, index) =>
    list.slice(index * length, (index + 1) * length),
  );
}

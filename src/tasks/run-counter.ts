import type { ReceiverCounts, RunCounts } from '../base/run-record.js';
import { findTagIn, formatTagShort } from '../streamline/tag.js';
import type { TransferEvent } from '../transfer/event.js';
import type { TaskEvent } from './event.js';

/** How many of the versions that were made are named. */
const mostNamed = 100;

/** Counts what a run does, for the log, from the events of its task. */
export class RunCounter {
  readonly #made = new Set<string>();
  readonly #did: string[] = [];
  #destroyed = 0;
  #receivers: readonly string[] = [];
  readonly #counts = new Map<string, ReceiverCounts>();
  #error: string | undefined;

  /** What went wrong first in a part. */
  get error(): string | undefined {
    return this.#error;
  }

  get counts(): RunCounts {
    return {
      made: [...this.#made].slice(0, mostNamed),
      did: this.#did,
      destroyed: this.#destroyed,
      receivers: [...this.#counts.values()],
    };
  }

  /** Notes what no event tells, e.g. `renamed web:3 to web:4`. */
  note(what: string): void {
    this.#did.push(what);
  }

  readonly hear = (event: TaskEvent): void => {
    if (event.kind === 'version' && event.isMade) {
      for (const name of event.fullNames) this.#noteMade(name);
    } else if (event.kind === 'destroyed') {
      this.#destroyed += event.destruction.snapshots.length;
    } else if (event.kind === 'receivers') {
      this.#receivers = event.receivers;
    } else if (event.kind === 'transfer') {
      this.#hearTransfer(event.receiver ?? this.#receivers[0] ?? '', event.event);
    } else if (event.kind === 'receiver-failed') {
      this.#noteError(event.receiver, event.error.message);
    } else if (event.kind === 'problem') {
      this.#error ??= event.error.message;
    }
  };

  #hearTransfer(host: string, event: TransferEvent): void {
    if (event.kind === 'deleted') {
      this.#destroyed += event.destruction.snapshots.length;
    } else if (event.kind === 'finished') {
      const { plan, result } = event;
      const { versions, bytes, errors } = result;
      const error = errors[0]?.message;
      this.#counts.set(host, { host, versions, bytes, conflicts: plan.conflicts.length, error });
      this.#error ??= error;
    }
  }

  #noteError(host: string, error: string): void {
    const none = { host, versions: 0, bytes: 0, conflicts: 0 };
    this.#counts.set(host, { ...(this.#counts.get(host) ?? none), error });
    this.#error ??= error;
  }

  #noteMade(fullName: string): void {
    const tag = findTagIn(fullName);
    if (tag !== undefined) this.#made.add(formatTagShort(tag));
  }
}

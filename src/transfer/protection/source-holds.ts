import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import { ZfsVmError } from '../../base/errors.js';
import { isElevated, type Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { ask } from '../../host/ask.js';
import { explainZfsFailure } from '../../zfs/failure.js';
import { poolOf } from '../../zfs/names.js';
import type { TransferEvent } from '../event.js';
import type { HoldJournal, HoldRecord, LeftHolds } from './hold-journal.js';

/** How long holding and releasing is waited for when the run was stopped. */
const waitAfterStopMs = 1200;

/** What the tags of our holds begin with. */
const tagPrefix = 'zfs-vm:';

/** Whether a hold with this tag is one that a run of ours has taken. */
export function isHoldTag(tag: string): boolean {
  return /^zfs-vm:[0-9]+-[0-9a-f]{8}$/.test(tag);
}

/** What holding the sender's snapshots works with. */
export interface HoldContext {
  readonly sender: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
  /** Where holds are written down. */
  readonly holdJournal: Pick<HoldJournal, 'findLeft' | 'leave' | 'remove' | 'write'>;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
}

/**
 * The holds of one run on its sender: so that nobody destroys a snapshot there, and never longer than the run lives, or until the
 * next one on this machine. Where the rights are lacking, nothing is held.
 */
export class SourceHolds {
  readonly #context: HoldContext;
  readonly #tag = `${tagPrefix}${process.pid}-${randomBytes(4).toString('hex')}`;
  /** What is held, or was tried to. */
  readonly #snapshots = new Set<string>();
  /** What is held, for all that is known. */
  readonly #sure = new Set<string>();
  /** Whether any may be held: not if that was always denied. */
  #isHeld = false;
  /** Whether a command that takes some may still be at work: a lost host goes on with it alone. */
  #isUnsure = false;
  #taking: Promise<void> = Promise.resolve();
  #releasing: Promise<void> | undefined;

  constructor(context: HoldContext) {
    this.#context = context;
  }

  /**
   * Holds more snapshots, when what was asked for before is held: nobody waits for that, as ZFS takes them one by one, each with a
   * sync of the pool. Once it releases, it takes no more.
   */
  hold(snapshots: readonly string[]): void {
    this.#taking = this.#taking.then(() => this.#take(snapshots));
  }

  /**
   * Releases snapshots that others have taken the place of, when what was asked for before is held: not unless these are. What can't be
   * released now stays until all is.
   */
  releaseFor(successors: readonly string[], snapshots: readonly string[]): void {
    this.#taking = this.#taking.then(() => this.#releaseSome(successors, snapshots));
  }

  /** Releases what is held. When the run was stopped, it isn't waited for long: it goes on alone then. */
  release(): Promise<void> {
    this.#releasing ??= this.#taking.then(() => this.#releaseAll());
    return untilStopped(this.#releasing, this.#context);
  }

  async #take(snapshots: readonly string[]): Promise<void> {
    const { sender, emit, holdJournal: journal } = this.#context;
    const more = [...new Set(snapshots)].filter((snapshot) => !this.#snapshots.has(snapshot));
    if (more.length === 0 || this.#releasing !== undefined) return;
    const record = this.#toRecord([...this.#snapshots, ...more]);
    // What isn't written down could stay held for ever.
    if (!(await journal.write({ ...record, isTaken: false }))) return;
    for (const snapshot of more) this.#snapshots.add(snapshot);
    emit({ kind: 'held', host: sender.host.name, snapshots: more.length });
    const ended = await runForNames(sender, { kind: 'hold', tag: this.#tag }, more);
    if (ended !== 'denied' && ended !== 'refused') this.#isHeld = true;
    if (ended === 'all') for (const snapshot of more) this.#sure.add(snapshot);
    if (ended === 'unknown') this.#isUnsure = true;
    else if (!this.#isUnsure) await journal.write({ ...record, isTaken: true });
  }

  async #releaseSome(successors: readonly string[], snapshots: readonly string[]): Promise<void> {
    const going = snapshots.filter((snapshot) => this.#sure.has(snapshot));
    const areHeld = successors.every((snapshot) => this.#sure.has(snapshot));
    if (going.length === 0 || !areHeld || this.#releasing !== undefined) return;
    const { sender, holdJournal: journal } = this.#context;
    const ended = await runForNames(sender, { kind: 'release', tag: this.#tag }, going);
    for (const snapshot of going) this.#sure.delete(snapshot);
    if (ended !== 'all') return;
    for (const snapshot of going) this.#snapshots.delete(snapshot);
    await journal.write({ ...this.#toRecord([...this.#snapshots]), isTaken: !this.#isUnsure });
  }

  #toRecord(snapshots: readonly string[]): Omit<HoldRecord, 'isTaken'> {
    const { sender } = this.#context;
    return {
      ...{ host: sender.host.name, zfs: sender.zfs, tag: this.#tag, pid: process.pid },
      snapshots,
    };
  }

  async #releaseAll(): Promise<void> {
    if (this.#snapshots.size === 0) return;
    const { sender, holdJournal: journal } = this.#context;
    const ended = await runForNames(sender, { kind: 'release', tag: this.#tag }, [...this.#snapshots]);
    // Where holding was denied, it is no matter that releasing is, too.
    const isReleased =
      ended === 'all' || ended === 'done' || ((ended === 'denied' || ended === 'refused') && !this.#isHeld);
    if (isReleased && !this.#isUnsure) await journal.remove(this.#tag);
    else journal.leave(this.#tag);
  }
}

/**
 * Releases what runs that died have left held, on the sender and on the receivers: one of these may have sent to others (`--relay`), or been the
 * sender of another run. Where a command that holds may still be at work, as it is never cut short, later runs do it again. What was left on a
 * host of another name may be on the sender, too, as one host has several names: a tag is that of one run only, so that what is released by it
 * was meant.
 */
export async function releaseLeftHolds(context: HoldContext, receivers: readonly Endpoint[]): Promise<void> {
  const { sender, holdJournal: journal } = context;
  const release = async (
    { host, zfs, tag, snapshots, isSettled }: LeftHolds,
    on: Endpoint,
  ): Promise<void> => {
    // How root is become may be another way each time: a password is handed over by a path that is gone.
    const words = isElevated({ zfs }) === isElevated(on) ? on.zfs : zfs;
    const ended = await runForNames({ ...on, zfs: words }, { kind: 'release', tag }, snapshots);
    const isOver = ended === 'all' || (ended === 'done' && host === on.host.name);
    if (isOver && isSettled) await journal.remove(tag);
  };
  for (const left of await journal.findLeft()) {
    // Calling sudo where nobody asked for it could alarm an administrator.
    const isAlike = isElevated(left) === isElevated(sender);
    const named = [sender, ...receivers].find(({ host }) => host.name === left.host);
    const on = named ?? (isAlike ? sender : undefined);
    if (on !== undefined) await untilStopped(release(left, on), context);
  }
}

/** Waits for something to be done, but not much longer once the run was stopped: it goes on alone then. */
async function untilStopped(done: Promise<void>, { signal, clock }: HoldContext): Promise<void> {
  const over = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const onAbort = (): void => {
      void clock.sleep(waitAfterStopMs, over.signal).then(resolve, resolve);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true, signal: over.signal });
  });
  await Promise.race([done, stopped]).finally(() => {
    over.abort();
  });
}

/**
 * How it went with names that zfs was called for: with all of them, with all that are there, with some; or with none, for lack of rights
 * or for another reason; or nobody knows, and it may still go on.
 */
type NamesEnd = 'all' | 'done' | 'partly' | 'denied' | 'refused' | 'unknown';

/** Whether what zfs says of a name is no failure: that it is gone, or had been held or released before. */
function isNoFailure(line: string): boolean {
  return /no such tag|does not exist|tag already exists|could not find any snapshots/.test(line);
}

/**
 * Holds or releases what is named. Names for which it fails are passed over: they are gone, or the rights are lacking.
 * It is never cut short, not even when its host is closed: nobody would know then what is held. A lost host is no error here.
 */
async function runForNames(
  endpoint: Endpoint,
  what: { readonly kind: 'hold' | 'release'; readonly tag: string },
  names: readonly string[],
): Promise<NamesEnd> {
  try {
    const pools = [...new Set(names.map((name) => poolOf(name.replace(/@.*/, ''))))];
    const records = names.map((name) => ({ name }));
    const { exit, stderr } = await ask<'hold' | 'release'>(endpoint, { ...what, pools }, () => records);
    if (!isSuccess(exit)) return 'unknown';
    if (explainZfsFailure(stderr)?.kind === 'denied') return 'denied';
    const failures = stderr.split('\n').filter((line) => line.startsWith('cannot '));
    if (failures.length === 0) return 'all';
    if (failures.every(isNoFailure)) return 'done';
    return failures.length < names.length ? 'partly' : 'refused';
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    return 'unknown';
  }
}

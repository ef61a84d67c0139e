import type { Chain, Plan } from '../plan/plan.js';
import { groupByStream } from '../plan/stream.js';
import { fullNameOf, type Point } from '../streamline/dataset.js';
import type { TransferEvent } from './event.js';
import type { SourceBookmarks } from './source-bookmarks.js';
import { releaseLeftHolds, SourceHolds, type HoldContext } from './source-holds.js';

/** After this time under way, a chain is worth holding. */
const longMs = 10_000;

/** How often it is looked what is so. */
const lookEveryMs = 5_000;

/** How often what has come gets its bookmarks: a short run has them all in one command, at its end. */
const bookmarkEveryMs = 60_000;

/** What protecting the sender's snapshots works with. */
export interface ProtectContext extends HoldContext {
  /** Left out where no bookmarks are wanted. */
  readonly bookmarks: SourceBookmarks | undefined;
}

/**
 * Protects the snapshots of a plan on the sender while it is run, so that somebody who prunes there can't cut a chain. A bookmark
 * protects a history as well as a hold does, and costs a hundredth: ZFS takes and releases holds one by one, each with a sync of
 * the pool, and makes any number of bookmarks in one. So holds are for what a bookmark can't do:
 * - A chain of several streams is held from the start, by what it begins from and its last version: between two streams nobody
 *   else protects them.
 * - So is one that goes on with an interrupted stream: what has arrived of it is worth nothing without its snapshot.
 * - The snapshots of a single stream are protected by zfs itself while it sends. Only if that takes long are they held, too, so that
 *   the rest can be sent should the connection be lost.
 * - What a single stream begins from has to outlast its wait in the queue: as a bookmark, which all of them get at the start, in one
 *   command. Where that isn't wanted or allowed, it is held.
 *
 * What has come gets its bookmark within a minute, as the next increment begins from it. Nothing of all that is waited for before the
 * streams begin; what a run that died has left held is released first. When the last has come, the holds go, while the receivers are
 * still asked whether they have it all. Where the rights are lacking, it is done without.
 * @param work runs the plan, and tells what happens to the `note` that it is given
 */
export async function whileProtected<T>(
  plan: Pick<Plan, 'chains'>,
  context: ProtectContext,
  work: (note: (event: TransferEvent) => void) => Promise<T>,
): Promise<T> {
  await releaseLeftHolds(context);
  if (plan.chains.length === 0) return work(() => undefined);
  const { signal } = context;
  const holds = new SourceHolds(context);
  const progress = new ChainProgress();
  const over = new AbortController();
  // At once when the run is stopped: meanwhile the streams are ended.
  const stop = (): Promise<void> => {
    over.abort();
    return holds.release();
  };
  const onAbort = (): void => {
    void stop();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const bookmarking = protectAtStart(plan, holds, context);
  const watching = watch(progress, holds, context, over.signal);
  // Chains may be cut into parts on the way, steps are not.
  const stepCount = plan.chains.reduce((sum, { steps }) => sum + steps.length, 0);
  let finishing: Promise<void> | undefined;
  try {
    return await work((event) => {
      progress.note(event, context.clock.nowMs());
      if (progress.arrivedStepCount === stepCount) finishing ??= finish(plan, holds, context);
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    await Promise.all([stop(), bookmarking, watching, finishing]);
  }
}

/** When all has come: bookmarks of the ends take the place of the holds. */
async function finish(
  { chains }: Pick<Plan, 'chains'>,
  holds: SourceHolds,
  { bookmarks }: ProtectContext,
): Promise<void> {
  await bookmarks?.make(snapshotsOf(chains.map(lastOf)));
  await holds.release();
}

/** Holds and bookmarks what a plan needs from its start. */
async function protectAtStart(
  { chains }: Pick<Plan, 'chains'>,
  holds: SourceHolds,
  { bookmarks }: ProtectContext,
): Promise<void> {
  const basesOfSingle = snapshotsOf(chains.filter((chain) => !needsHold(chain)).flatMap(basesOf));
  const needed = snapshotsOf(chains.filter(needsHold).flatMap(endsOf));
  holds.hold([...needed, ...(bookmarks === undefined ? basesOfSingle : [])]);
  if ((await bookmarks?.make(basesOfSingle)) === 'denied') holds.hold(basesOfSingle);
}

/** From time to time, holds what takes long and bookmarks what has come, until it is over. */
async function watch(
  progress: ChainProgress,
  holds: SourceHolds,
  { bookmarks, clock }: ProtectContext,
  over: AbortSignal,
): Promise<void> {
  // Each comes after the one before: the last is waited for, and nothing here is late for them.
  let bookmarking: Promise<unknown> | undefined;
  let bookmarkAtMs = clock.nowMs() + bookmarkEveryMs;
  for (;;) {
    await clock.sleep(lookEveryMs, over).catch(() => undefined);
    if (over.aborted) break;
    holds.hold(snapshotsOf(progress.findBegunBefore(clock.nowMs() - longMs).flatMap(endsOf)));
    if (clock.nowMs() < bookmarkAtMs) continue;
    bookmarkAtMs = clock.nowMs() + bookmarkEveryMs;
    bookmarking = bookmarks?.make(snapshotsOf(progress.takeArrived().map(lastOf)));
  }
  await bookmarking;
}

/** Which chains of a plan, or parts of them, are under way, and which have come. */
class ChainProgress {
  readonly #startsMs = new Map<Chain, number>();
  #arrived: Chain[] = [];
  #arrivedStepCount = 0;

  /** How many steps have come. */
  get arrivedStepCount(): number {
    return this.#arrivedStepCount;
  }

  note(event: TransferEvent, nowMs: number): void {
    if (event.kind === 'step-started' && !this.#startsMs.has(event.chain)) {
      this.#startsMs.set(event.chain, nowMs);
    }
    if (event.kind === 'step-done') this.#arrivedStepCount += 1;
    const isDone = event.kind === 'step-done' && event.step === event.chain.steps.at(-1);
    if (isDone) this.#arrived.push(event.chain);
    if (isDone || event.kind === 'step-failed' || event.kind === 'step-stopped') {
      this.#startsMs.delete(event.chain);
    }
  }

  /** The chains that began before a time, or then, and aren't done. */
  findBegunBefore(timeMs: number): Chain[] {
    return [...this.#startsMs].filter(([, startMs]) => startMs <= timeMs).map(([chain]) => chain);
  }

  /** The chains that have come since it was asked last. */
  takeArrived(): Chain[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }
}

/** Whether neither a bookmark of its base nor zfs itself protects a chain. */
function needsHold(chain: Chain): boolean {
  return chain.steps[0].kind === 'resume' || groupByStream(chain).length > 1;
}

/** What has to be there for a chain to begin. */
function basesOf({ steps: [first] }: Chain): Point[] {
  if (first.kind === 'resume') return [first.to];
  return 'from' in first ? [first.from] : [];
}

function lastOf({ steps: [first, ...rest] }: Chain): Point {
  return rest.at(-1)?.to ?? first.to;
}

/** What a chain begins from, and its last version: what lies between them may go, and the chain goes on without. */
function endsOf(chain: Chain): Point[] {
  return [...basesOf(chain), lastOf(chain)];
}

function snapshotsOf(points: readonly Point[]): string[] {
  return [...new Set(points.filter(({ kind }) => kind === 'snapshot').map(fullNameOf))];
}

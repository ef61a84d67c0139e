import type { Endpoint } from '../../host/endpoint.js';
import type { Chain, Plan } from '../../plan/plan.js';
import { groupByStream } from '../../plan/stream.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import { ChainProgress, firstBasesOf, lastOf } from './chain-progress.js';
import type { TransferEvent } from '../event.js';
import type { SourceBookmarks } from './source-bookmarks.js';
import { releaseLeftHolds, SourceHolds, type HoldContext } from './source-holds.js';

/** After this time under way, a chain is worth holding. */
const longMs = 10_000;

/** How often it is looked what is so. */
const lookEveryMs = 5_000;

/** How often holds follow what has come, at most: each that is taken or released costs a sync of the pool. */
const followEveryMs = 10_000;

/** How often what has come gets its bookmarks: a short run has them all in one command, at its end. */
const bookmarkEveryMs = 60_000;

/** What protecting the sender's snapshots works with. */
export interface ProtectContext extends HoldContext {
  /** Where the streams go; what earlier runs have left held there is released. */
  readonly receivers: readonly Endpoint[];
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
 * A chain that is long under way and has more to come is held by what has come of it instead of what it began from: that is released when
 * the other is held, and may go then.
 *
 * What has come gets its bookmark within a minute, as the next increment begins from it. Nothing of all that is waited for before the
 * streams begin; what a run that died has left held is released first. When the last has come, the holds go, while the receivers are
 * still asked whether they have it all. Where the rights are lacking, it is done without.
 */
export async function protectSources(
  plan: Pick<Plan, 'chains'>,
  context: ProtectContext,
): Promise<SourceProtection> {
  await releaseLeftHolds(context, context.receivers);
  return new SourceProtection(plan, context);
}

/** What keeps the sender's snapshots while a plan is run, from when it was made until `end`. */
export class SourceProtection {
  readonly #plan: Pick<Plan, 'chains'>;
  readonly #context: ProtectContext;
  readonly #holds: SourceHolds;
  readonly #progress: ChainProgress;
  readonly #over = new AbortController();
  readonly #working: Promise<unknown>;
  #finishing: Promise<void> | undefined;

  constructor(plan: Pick<Plan, 'chains'>, context: ProtectContext) {
    this.#plan = plan;
    this.#context = context;
    this.#holds = new SourceHolds(context);
    this.#progress = new ChainProgress(plan.chains);
    if (plan.chains.length === 0) {
      this.#working = Promise.resolve();
      return;
    }
    context.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#working = Promise.all([
      protectAtStart(plan, this.#holds, context),
      watch(this.#progress, this.#holds, context, this.#over.signal),
    ]);
    // It is waited for at the end.
    this.#working.catch(() => undefined);
  }

  /** Takes an event of the run: what has come is protected otherwise than what is still to be sent. */
  follow(event: TransferEvent): void {
    if (this.#plan.chains.length === 0) return;
    this.#progress.follow(event, this.#context.clock.nowMs());
    if (this.#progress.isComplete) this.#finishing ??= finish(this.#plan, this.#holds, this.#context);
  }

  /** Releases all, when the plan is run or given up. */
  async end(): Promise<void> {
    if (this.#plan.chains.length === 0) return;
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    await Promise.all([this.#stop(), this.#working, this.#finishing]);
  }

  /** At once when the run is stopped: meanwhile the streams are ended. */
  readonly #onAbort = (): void => {
    void this.#stop();
  };

  #stop(): Promise<void> {
    this.#over.abort();
    return this.#holds.release();
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
  const basesOfSingle = snapshotsOf(chains.filter((chain) => !needsHold(chain)).flatMap(firstBasesOf));
  const needed = snapshotsOf(
    chains.filter(needsHold).flatMap((chain) => [...firstBasesOf(chain), lastOf(chain)]),
  );
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
  let followAtMs = clock.nowMs();
  let bookmarkAtMs = clock.nowMs() + bookmarkEveryMs;
  for (;;) {
    await clock.sleep(lookEveryMs, over).catch(() => undefined);
    if (over.aborted) break;
    const long = progress.findBegunBefore(clock.nowMs() - longMs);
    const isDue = clock.nowMs() >= followAtMs;
    if (isDue) for (const chain of long) progress.advance(chain);
    holds.hold(snapshotsOf(long.flatMap((chain) => progress.endsOf(chain))));
    if (isDue) {
      followAtMs = clock.nowMs() + followEveryMs;
      releasePassed(long, progress, holds);
    }
    if (clock.nowMs() < bookmarkAtMs) continue;
    bookmarkAtMs = clock.nowMs() + bookmarkEveryMs;
    bookmarking = bookmarks?.make(snapshotsOf(progress.takeArrived().map(lastOf)));
  }
  await bookmarking;
}

/** Releases what chains have gone on from, where no other needs it. */
function releasePassed(chains: readonly Chain[], progress: ChainProgress, holds: SourceHolds): void {
  const moves = chains.filter((chain) => progress.passedOf(chain).length > 0);
  if (moves.length === 0) return;
  const needed = new Set(snapshotsOf(progress.findUnfinished().flatMap((chain) => progress.endsOf(chain))));
  for (const chain of moves) {
    const passed = snapshotsOf(progress.passedOf(chain)).filter((snapshot) => !needed.has(snapshot));
    holds.releaseFor(snapshotsOf(progress.basesOf(chain)), passed);
  }
}

/** Whether neither a bookmark of its base nor zfs itself protects a chain. */
function needsHold(chain: Chain): boolean {
  return chain.steps[0].kind === 'resume' || groupByStream(chain).length > 1;
}

function snapshotsOf(points: readonly Point[]): string[] {
  return [...new Set(points.filter(({ kind }) => kind === 'snapshot').map(fullNameOf))];
}

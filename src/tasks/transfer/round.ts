import { planFanOut, type FanOut, type ReceiverPlan } from '../../plan/fan-out.js';
import type { PassedVersions } from '../../plan/passed.js';
import type { Plan } from '../../plan/plan.js';
import { estimateSizes } from '../../transfer/around/estimate-sizes.js';
import type { SharedSteps, TransferEvent, TransferResult } from '../../transfer/event.js';
import { protectSources, type SourceProtection } from '../../transfer/protection/protect-sources.js';
import { SourceBookmarks } from '../../transfer/protection/source-bookmarks.js';
import { LargeChains } from '../../transfer/around/large-chains.js';
import { hasBulkEnds } from '../../transfer/lanes/bulk-ends.js';
import type { TransferContext } from '../../transfer/schedule/transfer-context.js';
import { runFanOut } from '../../transfer/schedule/run-fan-out.js';
import type { Loss } from '../loss.js';
import type { Surroundings } from '../surroundings.js';
import type { TransferOptions } from './options.js';

/** What is to be done for a receiver. */
export interface ReceiverWork {
  /** What people call it. */
  readonly receiver: string;
  readonly plan: Plan;
  /** What it lacks for good. */
  readonly passed: PassedVersions;
  /** What its plan destroys there, and isn't confirmed yet. */
  readonly losses: readonly Loss[];
  /** The sender's snapshots that want a bookmark, though nothing is sent from or to them, by their full names. */
  readonly unmarked: readonly string[];
  readonly context: Omit<TransferContext, 'bookmarks' | 'largeChains'>;
}

/** Plans of one sender's receivers that are being run together. */
export interface Round<Key> {
  /** What comes of the plan under a key, when its receiver is done with it; of one alone, when all is. */
  readonly resultOf: (key: Key) => Promise<TransferResult>;
  /** Fulfils when all is done, and the sender's snapshots are protected no more. */
  readonly over: Promise<void>;
}

/** How a round is run. */
type RoundOptions = Pick<TransferOptions, 'bookmark' | 'lagMs' | 'wantsSizes'>;

/**
 * Has the person confirm what would be destroyed, protects the sender's snapshots, and starts to run the plans.
 * @throws ZfsVmError `conflict` when that was not confirmed: nothing is done then
 */
export async function startRound<Key>(
  byKey: ReadonlyMap<Key, ReceiverWork>,
  options: RoundOptions,
  surroundings: Surroundings,
): Promise<Round<Key>> {
  const { results, over } = await start([...byKey.values()], options, surroundings);
  const byKeys = new Map([...byKey.keys()].map((key, index) => [key, results[index]]));
  const resultOf = async (key: Key): Promise<TransferResult> => {
    const result = byKeys.get(key);
    if (result === undefined) throw new Error('a plan was run without a result');
    return result;
  };
  return { resultOf, over };
}

/** The same for works in a list; gives the results in their order. */
async function start(
  works: readonly ReceiverWork[],
  { bookmark, lagMs, wantsSizes }: RoundOptions,
  surroundings: Surroundings,
): Promise<{ readonly results: readonly Promise<TransferResult>[]; readonly over: Promise<void> }> {
  const [first] = works;
  if (first === undefined) return { results: [], over: Promise.resolve() };
  const { signal, holdJournal, confirm } = surroundings;
  const losses = works.flatMap((work) => work.losses);
  if (losses.length > 0) await confirm(losses);
  for (const { plan, passed, context } of works) {
    context.emit({ kind: 'passed', passed });
    context.emit({ kind: 'planned', plan });
  }
  const emit = (event: TransferEvent): void => {
    // What concerns the sender alone, unless it has one receiver only.
    const receiver = works.length === 1 ? first.receiver : undefined;
    surroundings.emit({ kind: 'transfer', receiver, event });
  };
  const { sender, clock } = first.context;
  const over = new AbortController();
  const largeChains = findLargeChains(works, signal);
  const bookmarks = bookmark ? new SourceBookmarks(sender, signal) : undefined;
  const meanwhile = Promise.all([
    wantsSizes ? tellSizes(works, AbortSignal.any([signal, over.signal])) : undefined,
    bookmarks?.make([...new Set(works.flatMap(({ unmarked }) => unmarked))]),
  ]);
  // It is waited for at the end.
  meanwhile.catch(() => undefined);
  let protection: SourceProtection | undefined;
  try {
    const chains = works.flatMap(({ plan }) => plan.chains);
    const protecting = await protectSources(
      { chains },
      {
        ...{ sender, emit, signal, holdJournal, clock, bookmarks },
        receivers: works.map(({ context }) => context.receiver),
      },
    );
    protection = protecting;
    const receivers = works.map((work) => toReceiver(work, protecting, { bookmarks, largeChains }));
    const fanOut = planFanOut(receivers);
    const names = receivers.map(({ context }) => context.receiver.host.name);
    if (fanOut.shared.length > 0) emit({ kind: 'sharing', chains: listShared(fanOut, names) });
    const results = runFanOut(fanOut, { lagMs });
    const ending = end({ results, protection: protecting, meanwhile, over });
    // Each receiver hears of its own result first.
    ending.catch(() => undefined);
    return {
      results: works.length === 1 ? results.map((result) => after(ending, result)) : results,
      over: ending,
    };
  } catch (error) {
    over.abort();
    await protection?.end();
    throw error;
  }
}

/** A receiver's plan with what it is run with, and its events told to what protects the sender, too. */
function toReceiver(
  { plan, context }: ReceiverWork,
  protection: SourceProtection,
  shared: Pick<TransferContext, 'bookmarks' | 'largeChains'>,
): ReceiverPlan & { readonly context: TransferContext } {
  const emit = (event: TransferEvent): void => {
    protection.follow(event);
    context.emit(event);
  };
  return { plan, encoding: describeEncoding(context), context: { ...context, ...shared, emit } };
}

/** Finds which chains are large, where that makes a difference, and has the connections for them opened meanwhile. */
function findLargeChains(works: readonly ReceiverWork[], signal: AbortSignal): LargeChains | undefined {
  const able = works.filter(({ context: { sender, receiver, rateLimit } }) =>
    hasBulkEnds({ sender: sender.host, receiver: receiver.host, rateLimit }),
  );
  const [first] = able;
  const chains = able.flatMap(({ plan }) => plan.chains);
  if (first === undefined || chains.length === 0) return undefined;
  const { sender } = first.context;
  const large = new LargeChains(sender, chains, able.length, signal);
  for (const { plan, context } of able) {
    void large.areLarge(plan.chains).then((isLarge) => {
      for (const { host } of isLarge ? [sender, context.receiver] : []) host.bulk?.prepare();
    });
  }
  return large;
}

/** Waits until all receivers are done, and ends what went on beside. */
async function end({
  results,
  protection,
  meanwhile,
  over,
}: {
  readonly results: readonly Promise<TransferResult>[];
  readonly protection: SourceProtection;
  readonly meanwhile: Promise<unknown>;
  readonly over: AbortController;
}): Promise<void> {
  await Promise.allSettled(results);
  await protection.end().finally(() => {
    over.abort();
  });
  await meanwhile;
}

async function after<T>(earlier: Promise<void>, result: Promise<T>): Promise<T> {
  await earlier;
  return result;
}

/** Tells how large the streams will be. It only serves the progress, and costs a process a step: done while the first streams flow. */
async function tellSizes(works: readonly ReceiverWork[], signal: AbortSignal): Promise<void> {
  // Nobody knows how small zstd will make a stream.
  const plain = works.filter(({ context }) => !context.compress);
  const [first] = plain;
  if (first === undefined) return;
  const chains = plain.flatMap(({ plan }) => plan.chains);
  const sizes = await estimateSizes(first.context.sender, { chains }, signal).catch(
    () => new Map<never, never>(),
  );
  if (sizes.size === 0 || signal.aborted) return;
  for (const { context } of plain) context.emit({ kind: 'estimated', sizes });
}

/** What else makes streams of the same content differ on their way, as text. */
export function describeEncoding({
  compress,
  hasNoise = false,
}: {
  compress: boolean;
  hasNoise?: boolean;
}): string {
  return `${compress ? 'compressed' : 'plain'}${hasNoise ? ', after noise' : ''}`;
}

/** What is shared, and by whom. @param names those of the receivers, in their order */
export function listShared(
  { shared }: Pick<FanOut<ReceiverPlan>, 'shared'>,
  names: readonly string[],
): SharedSteps[] {
  return shared.flatMap(({ branches }) => {
    const receivers = branches.map(({ receiver }) => names[receiver] ?? '');
    return branches.slice(0, 1).map(({ chain }) => ({ receivers, chain }));
  });
}

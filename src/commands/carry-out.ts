import type { Plan } from '../plan/plan.js';
import { planFanOut, type FanOut, type ReceiverPlan } from '../plan/fan-out.js';
import { estimateSizes } from '../transfer/around/estimate-sizes.js';
import type { SharedSteps, TransferEvent, TransferResult } from '../transfer/event.js';
import { whileProtected } from '../transfer/protection/protect-sources.js';
import type { TransferContext } from '../transfer/schedule/receiver-run.js';
import { runFanOut } from '../transfer/schedule/run-plan.js';
import { SourceBookmarks } from '../transfer/protection/source-bookmarks.js';
import { confirmLosses } from './confirm.js';
import type { Hosts } from './hosts.js';
import type { TransferCommand } from './transfer-command.js';

/** What is to be done for a receiver. */
export interface Work {
  readonly plan: Plan;
  /** What its plan destroys there, and isn't confirmed yet, a line each. */
  readonly losses: readonly string[];
  /** The sender's snapshots that want a bookmark, though nothing is sent from or to them, by their full names. */
  readonly unmarked: readonly string[];
  readonly context: Omit<TransferContext, 'bookmarks'>;
  /** Takes what comes of it, when it begins. */
  readonly settle: (result: Promise<TransferResult>) => void;
}

/** What works are carried out with. */
export interface CarryOutOptions {
  readonly command: TransferCommand;
  readonly hosts: Pick<Hosts, 'prompter'>;
  /** Hears what concerns the sender alone. */
  readonly emit: (event: TransferEvent) => void;
  /** For how long receivers may wait for a slower one, in all. */
  readonly lagMs: number;
}

/**
 * Asks whether may be destroyed what has to be, and runs the plans of one sender's receivers, with its snapshots protected meanwhile.
 * Fulfils when all are done with it.
 * @throws ZfsVmError `conflict` when that was not confirmed: nothing is done then
 */
export async function carryOut(works: readonly Work[], options: CarryOutOptions): Promise<void> {
  const [first] = works;
  if (first === undefined) return;
  const { command, hosts, emit, lagMs } = options;
  const { signal, surroundings } = command.context;
  const losses = works.flatMap((work) => work.losses);
  await confirmLosses(losses, command.yes, command, hosts);
  for (const { plan, context } of works) context.emit({ kind: 'planned', plan });
  const over = new AbortController();
  const estimating = estimate(works, command, AbortSignal.any([signal, over.signal]));
  const { sender, clock } = first.context;
  const bookmarks = command.bookmark ? new SourceBookmarks(sender, signal) : undefined;
  const { holdJournal } = surroundings;
  const marking = bookmarks?.make([...new Set(works.flatMap(({ unmarked }) => unmarked))]);
  const plan = { chains: works.flatMap((work) => work.plan.chains) };
  const sending = whileProtected(
    plan,
    { sender, emit, signal, holdJournal, clock, bookmarks },
    async (note) => {
      const receivers = works.map(({ plan: itsPlan, context }) => ({
        plan: itsPlan,
        way: describeWay(context),
        context: {
          ...context,
          bookmarks,
          emit: (event: TransferEvent) => {
            note(event);
            context.emit(event);
          },
        },
      }));
      const fanOut = planFanOut(receivers);
      const names = receivers.map(({ context }) => context.receiver.host.name);
      if (fanOut.shared.length > 0) emit({ kind: 'sharing', chains: listShared(fanOut, names) });
      const results = runFanOut(fanOut, { lagMs });
      for (const [index, { settle }] of works.entries()) {
        const result = results[index];
        if (result !== undefined) settle(result);
      }
      await Promise.allSettled(results);
    },
  ).finally(() => {
    over.abort();
  });
  await Promise.all([sending, estimating, marking]);
}

/** Only serves the progress, and costs a process a step: done where somebody watches, while the first streams flow. */
async function estimate(
  works: readonly Work[],
  { json, context: { stdout } }: TransferCommand,
  signal: AbortSignal,
): Promise<void> {
  if (json || !('isTTY' in stdout && stdout.isTTY === true)) return;
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
export function describeWay({
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

import { toCommandError } from '../command-error.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import type { Chain, Plan, Step } from '../plan/plan.js';
import { landingOf, streamOf } from '../plan/stream.js';
import { createParentArguments, receiveArguments } from '../zfs/receive.js';
import { sendArguments } from '../zfs/send.js';
import { estimateSizes } from './estimate-sizes.js';
import type { TransferEvent, TransferResult } from './event.js';
import { pipeStream } from './pipe.js';

/** The two hosts of a transfer, and who hears what happens. */
export interface TransferContext {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs a plan, chain after chain. A step that fails ends its chain and those that begin with a clone of it; the others
 * go on.
 * @throws ZfsVmError when a host is lost or a parent dataset can't be made; the signal's reason when it is aborted
 */
export async function runPlan(plan: Plan, context: TransferContext): Promise<TransferResult> {
  const { emit, signal } = context;
  const startedAtMs = performance.now();
  const sizes = await estimateSizes(context.sender, plan, signal);
  signal.throwIfAborted();
  emit({ kind: 'planned', plan, sizeBytes: sumSizes(plan, sizes) });

  for (const parent of plan.parents) await createParent(context, parent);

  let versions = 0;
  let failedVersions = 0;
  let bytes = 0;
  const failedDestinations = new Set<string>();
  for (const chain of plan.chains) {
    const outcome =
      chain.after !== undefined && failedDestinations.has(chain.after)
        ? skipChain(chain, chain.after, context)
        : await runChain(chain, sizes, context);
    versions += outcome.steps;
    bytes += outcome.bytes;
    if (outcome.steps < chain.steps.length) {
      failedVersions += chain.steps.length - outcome.steps;
      failedDestinations.add(chain.destination);
    }
  }
  return { versions, failedVersions, bytes, seconds: (performance.now() - startedAtMs) / 1000 };
}

interface ChainOutcome {
  /** How many steps are done. */
  readonly steps: number;
  readonly bytes: number;
}

function skipChain(chain: Chain, after: string, { emit }: TransferContext): ChainOutcome {
  emit({ kind: 'chain-skipped', chain, after });
  return { steps: 0, bytes: 0 };
}

async function runChain(
  chain: Chain,
  sizes: ReadonlyMap<Step, number>,
  { sender, receiver, emit, signal }: TransferContext,
): Promise<ChainOutcome> {
  let bytes = 0;
  for (const [index, step] of chain.steps.entries()) {
    emit({ kind: 'step-started', chain, step, sizeBytes: sizes.get(step) });
    const startedAtMs = performance.now();
    const result = await pipeStream(
      sender,
      sendArguments(streamOf(chain, step)),
      receiver,
      receiveArguments(landingOf(chain, step)),
      {
        signal,
        onBytes: (count) => {
          emit({ kind: 'progress', bytes: count });
        },
      },
    );
    signal.throwIfAborted();
    bytes += result.bytes;
    if (result.kind === 'failed') {
      emit({ kind: 'step-failed', chain, step, error: result.error });
      return { steps: index, bytes };
    }
    emit({
      kind: 'step-done',
      chain,
      step,
      bytes: result.bytes,
      seconds: (performance.now() - startedAtMs) / 1000,
    });
  }
  return { steps: chain.steps.length, bytes };
}

async function createParent({ receiver, emit, signal }: TransferContext, dataset: string): Promise<void> {
  const argv = [...receiver.zfs, ...createParentArguments(dataset)];
  const result = await runCommand(receiver.host, argv, { signal });
  signal.throwIfAborted();
  if (isSuccess(result.exit)) {
    emit({ kind: 'parent-created', host: receiver.host.name, dataset });
    return;
  }
  // Another run may have made it since we looked.
  if (result.stderr.includes('dataset already exists')) return;
  throw toCommandError(receiver.host.name, `zfs create ${dataset}`, result);
}

function sumSizes(plan: Plan, sizes: ReadonlyMap<Step, number>): number | undefined {
  const steps = plan.chains.flatMap((chain) => chain.steps);
  if (steps.some((step) => !sizes.has(step))) return undefined;
  return steps.reduce((sum, step) => sum + (sizes.get(step) ?? 0), 0);
}

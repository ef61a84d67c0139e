import { toCommandError } from '../command-error.js';
import type { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import type { Chain, Plan, Step } from '../plan/plan.js';
import { landingOf, preparationCalls, streamOf } from '../plan/stream.js';
import { createParentArguments, receiveArguments } from '../zfs/receive.js';
import { sendArguments } from '../zfs/send.js';
import { isWithin } from '../zfs/names.js';
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
 * Runs a plan, chain after chain; `sizes` has the estimated bytes of its steps. A step that fails ends its chain, and holds up
 * those that need what it would have brought; the others go on. When a host is lost, nothing does.
 * @throws the signal's reason when it is aborted
 */
export async function runPlan(
  plan: Plan,
  sizes: ReadonlyMap<Step, number>,
  context: TransferContext,
): Promise<TransferResult> {
  const { emit } = context;
  const startedAtMs = performance.now();
  emit({ kind: 'planned', plan, sizeBytes: sumSizes(plan, sizes) });

  let versions = 0;
  let bytes = 0;
  const errors: ZfsVmError[] = [];
  /** Filesystems that couldn't be made, though others would have gone below. */
  const missingParents: string[] = [];
  /** What has come so far, by full name on the receiver. */
  const arrived = new Set<string>();
  let isLost = false;
  for (const chain of plan.chains) {
    const missing =
      missingParents.find((parent) => isWithin(chain.destination, parent)) ??
      (chain.after === undefined || arrived.has(chain.after) ? undefined : chain.after);
    if (missing !== undefined || isLost) {
      emit({ kind: 'chain-skipped', chain, missing });
      continue;
    }
    const failedParent = await createParents(chain, context);
    if (failedParent !== undefined) {
      missingParents.push(failedParent.dataset);
      errors.push(failedParent.error);
      continue;
    }
    const outcome = await runChain(chain, context);
    versions += outcome.steps;
    bytes += outcome.bytes;
    if (outcome.steps > 0) arrived.add(chain.destination);
    for (const { to } of chain.steps.slice(0, outcome.steps)) arrived.add(`${chain.destination}@${to.name}`);
    if (outcome.error !== undefined) errors.push(outcome.error);
    isLost = outcome.isLost;
  }
  const planned = plan.chains.reduce((sum, chain) => sum + chain.steps.length, 0);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { versions, failedVersions: planned - versions, bytes, seconds, errors };
}

interface ChainOutcome {
  /** How many steps are done. */
  readonly steps: number;
  readonly bytes: number;
  readonly error: ZfsVmError | undefined;
  /** Whether a host went away. */
  readonly isLost: boolean;
}

async function runChain(
  chain: Chain,
  { sender, receiver, emit, signal }: TransferContext,
): Promise<ChainOutcome> {
  let bytes = 0;
  const error = await prepareDestination(chain, receiver, signal);
  if (error !== undefined) {
    emit({ kind: 'step-failed', chain, step: chain.steps[0], error });
    return { steps: 0, bytes, error, isLost: false };
  }
  for (const [index, step] of chain.steps.entries()) {
    emit({ kind: 'step-started', chain, step });
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
      return { steps: index, bytes, error: result.error, isLost: result.isLost };
    }
    emit({
      kind: 'step-done',
      chain,
      step,
      bytes: result.bytes,
      seconds: (performance.now() - startedAtMs) / 1000,
    });
  }
  return { steps: chain.steps.length, bytes, error: undefined, isLost: false };
}

/** Does to the destination what was asked for by name; gives the error of what failed. */
async function prepareDestination(
  chain: Chain,
  { host, zfs }: Endpoint,
  signal: AbortSignal,
): Promise<ZfsVmError | undefined> {
  for (const call of preparationCalls(chain)) {
    const result = await runCommand(host, [...zfs, ...call], { signal });
    signal.throwIfAborted();
    if (!isSuccess(result.exit)) return toCommandError(host.name, `zfs ${call[0] ?? ''}`, result);
  }
  return undefined;
}

/** Makes what is missing above the destination; gives the first that couldn't be made, with the error. */
async function createParents(
  chain: Chain,
  context: TransferContext,
): Promise<{ dataset: string; error: ZfsVmError } | undefined> {
  for (const dataset of chain.parents) {
    const error = await createParent(dataset, context);
    if (error === undefined) continue;
    context.emit({ kind: 'parent-failed', dataset, error });
    return { dataset, error };
  }
  return undefined;
}

async function createParent(
  dataset: string,
  { receiver, emit, signal }: TransferContext,
): Promise<ZfsVmError | undefined> {
  const argv = [...receiver.zfs, ...createParentArguments(dataset)];
  const result = await runCommand(receiver.host, argv, { signal });
  signal.throwIfAborted();
  if (isSuccess(result.exit)) {
    emit({ kind: 'parent-created', host: receiver.host.name, dataset });
    return undefined;
  }
  // Another run may have made it since we looked.
  if (result.stderr.includes('dataset already exists')) return undefined;
  return toCommandError(receiver.host.name, `zfs create ${dataset}`, result);
}

function sumSizes(plan: Plan, sizes: ReadonlyMap<Step, number>): number | undefined {
  const steps = plan.chains.flatMap((chain) => chain.steps);
  if (steps.some((step) => !sizes.has(step))) return undefined;
  return steps.reduce((sum, step) => sum + (sizes.get(step) ?? 0), 0);
}

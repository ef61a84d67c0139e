import { ZfsVmError } from '../../base/errors.js';
import { showCommand } from '../../base/shell.js';
import type { Endpoint } from '../../host/endpoint.js';
import { readCalls } from '../../host/run-calls.js';
import { flushPools } from '../../inventory/find-unchanged.js';
import { readDiff, readMounts } from '../../inventory/read-diff.js';
import { readLocked } from '../../inventory/read-locked.js';
import { ChangeCounter, type ChangeSummary } from '../../streamline/change-counter.js';
import type { Pair } from '../../streamline/comparison.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { PathChange } from '../../zfs/diff.js';
import { estimateArguments, longestEstimate, parseEstimate } from '../../zfs/send.js';
import { getWrittenBetweenArguments, parseWrittenBetween } from '../../zfs/written.js';
import type { PairResult, PairSizes } from '../pair-result.js';
import type { Surroundings } from '../surroundings.js';

/** What has to do with effects while pairs are compared. */
type Effects = Pick<Surroundings, 'signal' | 'emit' | 'drained'>;

/** What is known of a host before its filesystems are compared. */
interface HostState {
  /** Where its filesystems are mounted. */
  readonly mounts: ReadonlyMap<string, string>;
  /** Datasets whose keys aren't loaded, with where these are. */
  readonly locked: ReadonlyMap<string, string>;
}

/**
 * Compares pairs one after another, and emits what each has; that the paths of one can't be read keeps nobody from the others.
 * @throws ZfsVmError when the host can't be read
 */
export async function comparePairs(
  endpoint: Endpoint,
  pairs: readonly Pair[],
  effects: Effects,
): Promise<PairResult[]> {
  const { signal, emit } = effects;
  const present = pairs.flatMap(({ to, dataset }) => (to === undefined ? [dataset.name] : []));
  await flushPools(endpoint, present, signal);
  const hasFilesystems = pairs.some(({ dataset }) => dataset.type === 'filesystem');
  const [sizes, mounts, locked] = await Promise.all([
    readSizes(endpoint, pairs, signal),
    hasFilesystems ? readMounts(endpoint, signal) : new Map<string, string>(),
    readLocked(endpoint, namesOfEncrypted(pairs), signal),
  ]);
  const results: PairResult[] = [];
  for (const [index, pair] of pairs.entries()) {
    emit({ kind: 'comparing', pair });
    const known = sizes[index] ?? { writtenBytes: undefined, incrementBytes: undefined };
    const result = { pair, ...known, ...(await readPaths(endpoint, pair, { mounts, locked }, effects)) };
    emit({ kind: 'compared', result });
    if (result.failure !== undefined) emit({ kind: 'problem', error: result.failure });
    results.push(result);
  }
  return results;
}

async function readPaths(
  endpoint: Endpoint,
  pair: Pair,
  { mounts, locked }: HostState,
  effects: Effects,
): Promise<Pick<PairResult, 'changes' | 'failure'>> {
  if (pair.dataset.type === 'volume') return { changes: undefined, failure: undefined };
  try {
    checkReadable(pair, locked);
    return { changes: await countPaths(endpoint, pair, mounts, effects), failure: undefined };
  } catch (error) {
    effects.signal.throwIfAborted();
    if (error instanceof ZfsVmError) return { changes: undefined, failure: error };
    throw error;
  }
}

async function countPaths(
  endpoint: Endpoint,
  pair: Pair,
  mounts: ReadonlyMap<string, string>,
  { signal, emit, drained }: Effects,
): Promise<ChangeSummary> {
  const counter = new ChangeCounter();
  const onChanges = async (changes: readonly PathChange[]): Promise<void> => {
    for (const change of changes) counter.add(change);
    emit({ kind: 'paths-changed', pair, changes });
    await drained?.();
  };
  await readDiff(endpoint, pair, { mounts, onChanges, signal });
  return counter.summarize();
}

/** @throws ZfsVmError `failed` when zfs can't tell what changed */
function checkReadable({ dataset, cloneCount }: Pair, locked: ReadonlyMap<string, string>): void {
  const root = locked.get(dataset.name);
  if (root !== undefined) {
    throw new ZfsVmError('failed', `${dataset.name} is encrypted and its key is not loaded`, {
      hint: `load the key with ${showCommand('zfs', 'load-key', root)}`,
    });
  }
  if (cloneCount <= 1) return;
  throw new ZfsVmError(
    'failed',
    `zfs diff compares a dataset only with its own clones, and ${dataset.name} is a clone of a clone`,
    { hint: 'compare with each version in between' },
  );
}

function namesOfEncrypted(pairs: readonly Pair[]): string[] {
  return pairs.flatMap(({ dataset }) => (dataset.encrypted ? [dataset.name] : []));
}

async function readSizes(
  endpoint: Endpoint,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<PairSizes[]> {
  const calls = pairs.flatMap(({ from, to, dataset }) => {
    const [begin, end] = [fullNameOf(from), to === undefined ? dataset.name : fullNameOf(to)];
    const stream = { kind: 'increment', from: begin, to: end, raw: dataset.encrypted } as const;
    // What is in no snapshot yet can't be sent.
    return [getWrittenBetweenArguments(begin, end), ...(to === undefined ? [] : [estimateArguments(stream)])];
  });
  const outputs = await readCalls(endpoint, calls, { signal, limit: longestEstimate });
  return pairs.map(({ to }) => ({
    writtenBytes: parseWrittenBetween(outputs.shift() ?? ''),
    incrementBytes: to === undefined ? undefined : parseEstimate(outputs.shift() ?? ''),
  }));
}

import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { showCommand } from '../../base/shell.js';
import { formatStamp } from '../../base/stamp.js';
import { toCommandError } from '../../host/command-error.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { runCommand } from '../../host/run-command.js';
import { flushPools } from '../../inventory/find-unchanged.js';
import { readPropertiesOf } from '../../inventory/read-about.js';
import { readInventory } from '../../inventory/read-inventory.js';
import { findAsides } from '../../plan/aside.js';
import { planRestore, type RestorePlan } from '../../plan/plan-restore.js';
import { isTagged, type Datasets } from '../../streamline/dataset.js';
import { formatTagShort, type Tag } from '../../streamline/tag.js';
import { partsOf, type Tree } from '../../streamline/tree.js';
import { ancestorsOf, poolOf } from '../../zfs/names.js';
import { renameArguments } from '../../zfs/move.js';
import { setPropertyArguments } from '../../zfs/properties.js';
import type { Role } from '../../zfs/role.js';
import { clone, toPullRequest, type CloneRequest, type CloneResult } from '../clone/clone.js';
import { findNamedVersion } from '../find-named-version.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import { isComplete } from '../transfer/is-complete.js';
import { planPull, pull, type PullRequest } from '../transfer/pull.js';
import type { PlannedTransfers, ReceiverOutcome } from '../transfer-outcome.js';
import { describeRestoreFault } from './restore-fault.js';
import {
  isLeftHalf,
  listRestoreSteps,
  listUndoCalls,
  runRestore,
  type MountState,
  type RestoreStep,
} from './run-restore.js';

/** What is to be brought back. */
export interface RestoreRequest extends Pick<CloneRequest, 'name' | 'from' | 'parents'> {
  /** The dataset that is to have it: a new one, or one that comes from the version; found when it is undefined. */
  readonly target?: string | undefined;
}

/** What came of it. */
export type RestoreResult =
  /** A dataset is at the version again, and what it contained is set aside. */
  | RestoredInPlace
  /** The dataset is at the version, and nothing was written since. */
  | { readonly kind: 'unchanged'; readonly dataset: string; readonly tag: Tag }
  /** There is a new dataset. */
  | ({ readonly kind: 'new' } & Omit<Extract<CloneResult, { kind: 'cloned' }>, 'kind'>)
  /** The version came from another host, with the dataset, which wasn't here. */
  | {
      readonly kind: 'received';
      readonly tag: Tag;
      readonly datasets: readonly RestoredDataset[];
      readonly failures: readonly ZfsVmError[];
    }
  /** Not all of it has come from another host, and nothing was restored. */
  | { readonly kind: 'not-pulled'; readonly outcomes: readonly ReceiverOutcome[] };

/** A dataset that is at a version again. */
export interface RestoredInPlace {
  readonly kind: 'restored';
  readonly tag: Tag;
  readonly plan: RestorePlan;
  readonly datasets: readonly RestoredDataset[];
  /** The calls of zfs that undo it, in order. */
  readonly undoCalls: readonly (readonly string[])[];
}

/** A dataset that is at a version, and where it is mounted. */
export interface RestoredDataset {
  readonly name: string;
  readonly type: 'filesystem' | 'volume';
  /** Undefined for what isn't mounted, and for a volume. */
  readonly mountedAt: string | undefined;
  /** Whether it was to be mounted. */
  readonly wantsMount: boolean;
}

/** What a restore would do. */
export type PlannedRestore =
  | {
      readonly kind: 'in-place';
      readonly tag: Tag;
      readonly plan: RestorePlan;
      readonly steps: readonly RestoreStep[];
    }
  | { readonly kind: 'unchanged'; readonly dataset: string; readonly tag: Tag }
  | { readonly kind: 'new'; readonly tag: Tag; readonly target: string };

/**
 * Brings a version back: as a new dataset, or in place, where what the dataset contains now is set aside. Nothing is destroyed. With `from`, the
 * events of a pull come first.
 * @throws ZfsVmError when that can't be done: then nothing was changed, or what was is in the message
 */
export async function restore(request: RestoreRequest, surroundings: Surroundings): Promise<RestoreResult> {
  const { from } = request;
  const before = from === undefined ? undefined : await readHere(surroundings);
  if (from !== undefined && before !== undefined) {
    const outcomes = await pull(toRestorePull({ ...request, from }, before), surroundings);
    if (!outcomes.every(isComplete)) return { kind: 'not-pulled', outcomes };
  }
  return withDecision(request, surroundings, async (decision, endpoint) => {
    const { name, parents } = request;
    const { signal } = surroundings;
    const { tag, tree } = decision;
    const came = decision.kind === 'new' ? tree.root.dataset : decision.dataset;
    // It wasn't here: what came is what was to be restored, under its name unless that is in another pool.
    const wanted = decision.kind === 'new' ? decision.target : came;
    if (before?.has(came) === false && poolOf(came) === poolOf(wanted)) {
      if (wanted !== came) await rename(endpoint, came, wanted, signal);
      const names = partsOf(tree).map(({ dataset }) =>
        wanted === came ? dataset : `${wanted}${dataset.slice(came.length)}`,
      );
      return useReceived(endpoint, { tag, names }, signal);
    }
    switch (decision.kind) {
      case 'unchanged':
        return { kind: 'unchanged', dataset: decision.dataset, tag: decision.tag };
      case 'new': {
        const result = await clone({ name, target: decision.target, parents }, surroundings);
        if (result.kind !== 'cloned') throw new Error('a clone without a pull pulled');
        return { ...result, kind: 'new' };
      }
      case 'in-place':
        return restoreInPlace(endpoint, decision, signal);
    }
  });
}

/** A restore that begins with a pull. */
export interface PullingRestore extends RestoreRequest {
  readonly from: NonNullable<RestoreRequest['from']>;
}

/** Plans what `restore` would pull first, and changes nothing. @throws ZfsVmError when that can't be done */
export async function planRestorePull(
  request: PullingRestore,
  surroundings: Surroundings,
): Promise<PlannedTransfers> {
  return planPull(toRestorePull(request, await readHere(surroundings)), surroundings);
}

/** What a restore pulls. Where nothing of the image is here, it lands beside the dataset that is to have the version, whose name it gets. */
function toRestorePull({ name, target, from }: PullingRestore, here: Datasets): PullRequest {
  const isHere = [...here.values()].some(({ snapshots }) =>
    snapshots.some((snapshot) => isTagged(snapshot) && snapshot.tag.streamline === name.streamline),
  );
  const parent = target === undefined || isHere ? undefined : ancestorsOf(target).at(-1);
  return toPullRequest(name, { ...from, destination: from.destination ?? parent });
}

/** Plans what `restore` would do with what is here, and changes nothing. @throws ZfsVmError when it can't be done */
export async function planRestoring(
  request: Omit<RestoreRequest, 'from'>,
  surroundings: Surroundings,
): Promise<PlannedRestore> {
  return withDecision(request, surroundings, (decision) => Promise.resolve(toPlanned(decision)));
}

function toPlanned(decision: Decision): PlannedRestore {
  const { tag } = decision;
  switch (decision.kind) {
    case 'unchanged':
      return { kind: 'unchanged', dataset: decision.dataset, tag };
    case 'new':
      return { kind: 'new', tag, target: decision.target };
    case 'in-place': {
      const { plan, state } = decision;
      return { kind: 'in-place', tag, plan, steps: listRestoreSteps(plan, state) };
    }
  }
}

/** What is to be done. */
type Decision = { readonly tag: Tag; readonly tree: Tree } & (
  | { readonly kind: 'unchanged'; readonly dataset: string }
  | { readonly kind: 'new'; readonly target: string }
  | {
      readonly kind: 'in-place';
      readonly dataset: string;
      readonly plan: RestorePlan;
      readonly state: MountState;
      readonly asideRole: Role;
    }
);

/** Decides what is to be done, and does something with it. @throws ZfsVmError when it can't be done */
async function withDecision<T>(
  { name, target }: Pick<RestoreRequest, 'name' | 'target'>,
  surroundings: Surroundings,
  use: (decision: Decision, endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const { signal, emit, clock } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = hosts.openLocal();
    const first = await readInventory(endpoint, { scope: 'tagged', signal });
    emit({ kind: 'malformed-tags', host: localName, malformedTags: first.malformedTags });
    const known = findNamedVersion(localName, first.datasets, name);
    const [{ root }] = known;
    if (target !== undefined && !first.datasets.has(target)) {
      return use({ kind: 'new', tag: root.tag, tree: known[0], target }, endpoint);
    }
    // What was written just now counts only then.
    await flushPools(endpoint, [target ?? root.dataset], signal);
    const { datasets } = await readInventory(endpoint, { scope: 'tagged', signal });
    const trees = withoutAsides(datasets, findNamedVersion(localName, datasets, name));
    const [tree = known[0]] = trees;
    const { tag } = tree.root;
    const plan = planRestore(datasets, { trees, target, stamp: formatStamp(clock.dateMs()) });
    if (plan.kind !== 'in-place') throw describeRestoreFault(plan, formatTagShort(tag));
    const dataset = plan.dataset.name;
    if (plan.isUnchanged) return use({ kind: 'unchanged', dataset, tag, tree }, endpoint);
    const state = await readMountState(endpoint, plan, signal);
    const sources = [
      { guid: plan.dataset.guid ?? 0n, poolGuid: datasets.get(poolOf(dataset))?.guid ?? 0n },
    ] as const;
    return use(
      { kind: 'in-place', tag, tree, dataset, plan, state, asideRole: { kind: 'aside', sources } },
      endpoint,
    );
  });
}

/** The places that weren't set aside, if there are any. */
function withoutAsides(datasets: Datasets, trees: readonly Tree[]): readonly Tree[] {
  const asides = findAsides(datasets);
  const others = trees.filter(({ root }) => !asides.has(root.dataset));
  return others.length > 0 ? others : trees;
}

async function readHere(surroundings: Surroundings): Promise<Datasets> {
  return Hosts.use(surroundings, async (hosts) => {
    const { signal } = surroundings;
    return (await readInventory(hosts.openLocal(), { scope: 'tagged', signal })).datasets;
  });
}

async function readMountState(
  endpoint: Endpoint,
  { moved }: RestorePlan,
  signal: AbortSignal,
): Promise<MountState> {
  const names = moved.flatMap(({ name, type }) => (type === 'filesystem' ? [name] : []));
  const found = await readPropertiesOf(endpoint, names, ['mounted', 'canmount'], signal);
  const valueOf = (name: string, property: string): string | undefined =>
    found.get(name)?.find((each) => each.name === property)?.value;
  return {
    mounted: new Set(names.filter((name) => valueOf(name, 'mounted') === 'yes')),
    canmount: new Map(names.map((name) => [name, valueOf(name, 'canmount') ?? '-'])),
  };
}

async function restoreInPlace(
  endpoint: Endpoint,
  { tag, plan, state, asideRole }: Extract<Decision, { kind: 'in-place' }>,
  signal: AbortSignal,
): Promise<RestoredInPlace> {
  const result = await runRestore(endpoint, plan, { state, asideRole, signal });
  signal.throwIfAborted();
  if (!isSuccess(result.exit)) {
    const error = toCommandError(localName, 'zfs', result);
    const { dataset, aside } = plan;
    const outcome = isLeftHalf(result)
      ? `${dataset.name} may be called ${aside} now; nothing of it was lost`
      : `${dataset.name} is as it was`;
    throw new ZfsVmError(error.kind, `cannot restore ${dataset.name}: ${error.message}; ${outcome}`, {
      details: error.details,
      hint: error.hint ?? `stop what uses ${dataset.name}, and run this again`,
    });
  }
  const wanted = new Set(
    listRestoreSteps(plan, state).flatMap(({ what, name }) => (what === 'mount' ? [name] : [])),
  );
  const types = new Map(plan.parts.map(({ destination, source }) => [destination, source.type]));
  const datasets = await lookAt(endpoint, types, wanted, signal);
  return { kind: 'restored', tag, plan, datasets, undoCalls: listUndoCalls(plan, state) };
}

/** Gives what was received the name that was asked for. @throws ZfsVmError when that can't be done; it keeps its name then */
async function rename(
  { host, zfs }: Endpoint,
  name: string,
  wanted: string,
  signal: AbortSignal,
): Promise<void> {
  const result = await runCommand(host, [...zfs, ...renameArguments(name, wanted)], { signal });
  if (isSuccess(result.exit)) return;
  const error = toCommandError(localName, 'zfs rename', result);
  throw new ZfsVmError(error.kind, `${name} was received, but not renamed to ${wanted}: ${error.message}`, {
    details: error.details,
    hint: `rename it with ${showCommand('zfs', 'rename', name, wanted)}, or use it under its name`,
  });
}

/** Makes what was received fit for use: it came unmounted, and would stay so. */
async function useReceived(
  endpoint: Endpoint,
  { tag, names }: { readonly tag: Tag; readonly names: readonly string[] },
  signal: AbortSignal,
): Promise<RestoreResult> {
  const { host, zfs } = endpoint;
  const { datasets } = await readInventory(endpoint, { scope: 'tagged', signal });
  const types = new Map(names.map((name) => [name, datasets.get(name)?.type ?? 'filesystem'] as const));
  const filesystems = names.filter((name) => types.get(name) === 'filesystem');
  const failures: ZfsVmError[] = [];
  for (const name of filesystems) {
    for (const call of [setPropertyArguments(name, 'canmount', 'on'), ['mount', name]]) {
      const result = await runCommand(host, [...zfs, ...call], { signal });
      signal.throwIfAborted();
      // Setting canmount may have mounted it.
      const isMounted = result.stderr.includes('already mounted');
      if (isSuccess(result.exit) || isMounted) continue;
      failures.push(toCommandError(localName, `zfs ${call[0] ?? ''} ${name}`, result));
    }
  }
  return {
    kind: 'received',
    tag,
    datasets: await lookAt(endpoint, types, new Set(filesystems), signal),
    failures,
  };
}

/** Looks where datasets are mounted. */
async function lookAt(
  endpoint: Endpoint,
  types: ReadonlyMap<string, 'filesystem' | 'volume'>,
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<RestoredDataset[]> {
  const found = await readPropertiesOf(endpoint, [...types.keys()], ['mounted', 'mountpoint'], signal);
  return Array.from(types, ([name, type]) => {
    const properties = new Map(found.get(name)?.map((each) => [each.name, each.value]));
    const isMounted = properties.get('mounted') === 'yes';
    const mountedAt = isMounted ? (properties.get('mountpoint') ?? '/') : undefined;
    return { name, type, mountedAt, wantsMount: wanted.has(name) };
  });
}

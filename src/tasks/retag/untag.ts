import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { toCommandError } from '../../host/command-error.js';
import { isSuccess } from '../../host/host.js';
import type { Endpoint } from '../../host/endpoint.js';
import { readHeld } from '../../inventory/read-about.js';
import { findAsides } from '../../plan/aside.js';
import type { Destruction } from '../../plan/destruction.js';
import { findByGuid, planUntag, type CopyRollback, type UntagPlan } from '../../plan/plan-untag.js';
import { fullNameOf, type Datasets, type TaggedSnapshot } from '../../streamline/dataset.js';
import type { VersionName } from '../../streamline/find-version.js';
import { findVersions } from '../../streamline/lineage.js';
import { joinTrees, partsOf, type Tree } from '../../streamline/tree.js';
import { destroyVersions, measureReclaim } from '../../transfer/around/destroy-versions.js';
import { destroySnapshotsArguments, rollbackArguments } from '../../zfs/destroy.js';
import { rollBack } from '../../transfer/around/roll-back.js';
import { findNamedVersion } from '../find-named-version.js';
import type { Loss } from '../loss.js';
import { withReadHosts, type ReadHost } from './read-hosts.js';
import type { Surroundings } from '../surroundings.js';

/** What is untagged, and where. */
export interface UntagRequest {
  /** A version, or, without one, all versions of a streamline. */
  readonly name: VersionName;
  /** Hosts on which it is untagged besides this machine, where it is found by its GUID. */
  readonly alsoOn?: readonly string[] | undefined;
}

/** What a host has of what is untagged. */
export interface HostUntag {
  readonly host: string;
  readonly plan: UntagPlan;
  /** What each destruction frees, in bytes, or why zfs wouldn't do it. */
  readonly reclaim: ReadonlyMap<Destruction, number | ZfsVmError>;
}

/** What came of it. */
export interface UntagResult {
  readonly hosts: readonly HostUntag[];
  /** Whether something keeps it from being untagged: then nothing was destroyed. */
  readonly isRefused: boolean;
  readonly failures: readonly ZfsVmError[];
}

/** Finds out what untagging would destroy, and changes nothing. @throws ZfsVmError when a host can't be read, or has no such version */
export async function planUntagging(request: UntagRequest, surroundings: Surroundings): Promise<UntagResult> {
  return withPlans(request, surroundings, (hosts) => {
    const isRefused = hosts.some(({ plan }) => plan.obstacles.length > 0);
    return Promise.resolve({ hosts, isRefused, failures: failuresOf(hosts) });
  });
}

/**
 * Destroys the snapshots of a version or a streamline, after asking. Where something keeps one of them on any host, none is destroyed on any.
 * @throws ZfsVmError when a host can't be read, or has no such version; when it isn't confirmed
 */
export async function untag(request: UntagRequest, surroundings: Surroundings): Promise<UntagResult> {
  const { signal, confirm, emit } = surroundings;
  return withPlans(request, surroundings, async (hosts, endpoints) => {
    const refused = failuresOf(hosts);
    const isRefused = hosts.some(({ plan }) => plan.obstacles.length > 0);
    if (isRefused || refused.length > 0) return { hosts, isRefused, failures: refused };
    const losses = hosts.flatMap(({ host, plan }) =>
      plan.destructions.map((destruction): Loss => ({ kind: 'deletion', host, destruction })),
    );
    await confirm(losses);
    signal.throwIfAborted();
    const failures: ZfsVmError[] = [];
    // Others first: should one of them fail, the version is still here.
    for (const { host, plan } of hosts.toReversed()) {
      const endpoint = endpoints.get(host);
      if (endpoint === undefined || failures.length > 0) continue;
      const tell = (destruction: Destruction, error: ZfsVmError | undefined): void => {
        if (error === undefined) emit({ kind: 'destroyed', host, destruction });
        else failures.push(error);
      };
      const { destructions, rollbacks } = plan;
      const others = destructions.filter(({ dataset }) => !rollbacks.has(dataset));
      await destroyVersions(endpoint, others, signal, tell);
      for (const destruction of destructions) {
        const rollback = rollbacks.get(destruction.dataset);
        if (rollback !== undefined) {
          tell(destruction, await undoCopy(endpoint, destruction, rollback, signal));
        }
      }
    }
    return { hosts, isRefused, failures };
  });
}

/** Destroys the newest snapshots of a copy, and takes the copy back to the one before, unless it was written to since. */
async function undoCopy(
  endpoint: Endpoint,
  { dataset, snapshots }: Destruction,
  { to }: CopyRollback,
  signal: AbortSignal,
): Promise<ZfsVmError | undefined> {
  const changed = `cannot destroy: ${dataset} was written to after the confirmation; nothing of it was destroyed`;
  const guard = { dataset, property: 'written', value: '0', changed };
  const names = snapshots.map(({ name }) => name);
  const calls = [destroySnapshotsArguments(dataset, names), rollbackArguments(to)];
  const result = await rollBack(endpoint, guard, calls, signal);
  signal.throwIfAborted();
  return isSuccess(result.exit)
    ? undefined
    : toCommandError(endpoint.host.name, `zfs destroy of versions of ${dataset}`, result);
}

function failuresOf(hosts: readonly HostUntag[]): ZfsVmError[] {
  return hosts.flatMap(({ reclaim }) => [...reclaim.values()].filter((size) => size instanceof ZfsVmError));
}

async function withPlans<T>(
  { name, alsoOn = [] }: UntagRequest,
  surroundings: Surroundings,
  use: (hosts: readonly HostUntag[], endpoints: ReadonlyMap<string, Endpoint>) => Promise<T>,
): Promise<T> {
  const { signal } = surroundings;
  return withReadHosts(alsoOn, surroundings, async (local, others) => {
    const asides = findAsides(local.datasets);
    // An unknown name is told with those that there are.
    const found = findNamedVersion(localName, local.datasets, name);
    const isStreamline = name.version === undefined;
    const trees = (
      isStreamline ? joinTrees([...findVersions(local.datasets, name.streamline)], asides) : found
    ).filter(({ root }) => !asides.has(root.dataset));
    if (trees.length === 0) {
      const what = isStreamline ? 'the streamline' : 'the version';
      throw new ZfsVmError(
        'usage',
        `${what} is only in datasets that were set aside; nothing was destroyed`,
        { hint: 'see "zfs-vm list" for these datasets' },
      );
    }
    const guids = new Set(trees.flatMap(partsOf).map(({ guid }) => guid));
    const before = findBefore(local.datasets, trees.flatMap(partsOf));
    const isElsewhere =
      others.some(({ datasets }) => findByGuid(datasets, guids).length > 0 || isUntagged(datasets, before)) ||
      hasCopyHere(trees.flatMap(partsOf));
    const planOn = async (
      { endpoint, datasets }: ReadHost,
      own: readonly Tree[],
      isElsewhere: boolean,
    ): Promise<HostUntag> => {
      const held = await readHeld(endpoint, own.flatMap(partsOf).map(fullNameOf), signal);
      const plan = planUntag(datasets, { trees: own, held, isUntaggedElsewhere: isElsewhere });
      const isPossible = plan.obstacles.length === 0;
      const reclaim = await measureReclaim(endpoint, isPossible ? plan.destructions : [], signal);
      return { host: endpoint.host.name, plan, reclaim };
    };
    const plans = await Promise.all([
      planOn(local, trees, isElsewhere),
      ...others.map((host) => {
        const { datasets } = host;
        return planOn(host, joinTrees(findByGuid(datasets, guids), findAsides(datasets)), true);
      }),
    ]);
    return use(plans, new Map([local, ...others].map(({ endpoint }) => [endpoint.host.name, endpoint])));
  });
}

/** The GUIDs of the snapshots that are the newest ones of their datasets when these versions are gone. */
function findBefore(datasets: Datasets, versions: readonly TaggedSnapshot[]): ReadonlySet<bigint> {
  const guids = new Set(versions.map(({ guid }) => guid));
  const names = new Set(versions.map(({ dataset }) => dataset));
  return new Set(
    [...names].flatMap((name) => {
      const left = datasets.get(name)?.snapshots.findLast(({ guid }) => !guids.has(guid));
      return left === undefined ? [] : [left.guid];
    }),
  );
}

/** Whether a copy on another host ends with what is left here: a run that was cut short has untagged there what is still to be untagged here. */
function isUntagged(datasets: Datasets, before: ReadonlySet<bigint>): boolean {
  return [...datasets.values()].some(({ role, snapshots }) => {
    const newest = snapshots.at(-1);
    return role?.kind === 'copy' && newest !== undefined && before.has(newest.guid);
  });
}

/** Whether a copy within this machine loses the versions at the same time. */
function hasCopyHere(versions: readonly TaggedSnapshot[]): boolean {
  return new Set(versions.map(({ guid }) => guid)).size < versions.length;
}

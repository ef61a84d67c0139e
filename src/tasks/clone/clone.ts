import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { showCommand } from '../../base/shell.js';
import type { Endpoint } from '../../host/endpoint.js';
import { readDatasets, readInventory } from '../../inventory/read-inventory.js';
import { readLocked } from '../../inventory/read-locked.js';
import { checkPlace } from '../../inventory/read-place.js';
import { findMountpoint, findPlaceFault, planClone, type CloneStep } from '../../plan/plan-clone.js';
import type { Datasets, TaggedSnapshot } from '../../streamline/dataset.js';
import type { VersionName } from '../../streamline/find-version.js';
import { findTreeAbove } from '../../streamline/tree-members.js';
import { findDatasetNameFault, poolOf } from '../../zfs/names.js';
import type { Property } from '../../zfs/properties.js';
import { checkProperties } from '../check-request.js';
import { findNamedVersion } from '../find-named-version.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import { isComplete } from '../transfer/is-complete.js';
import { pull, type PullRequest } from '../transfer/pull.js';
import type { ReceiverOutcome } from '../transfer-outcome.js';
import { describeCloneFault } from './clone-fault.js';
import { makeClones, type MadeClones } from './make-clones.js';

/** What is to be cloned on this machine. */
export interface CloneRequest {
  /** The version; the newest one of the streamline if it names none. */
  readonly name: VersionName;
  /** The new dataset. */
  readonly target: string;
  /** What is set on it. */
  readonly set?: readonly Property[] | undefined;
  /** Whether missing filesystems above it are made. */
  readonly parents?: boolean | undefined;
  /** Where what is missing of the version is brought from first, as `pull` does. */
  readonly from?: Omit<PullRequest, 'choice'> | undefined;
}

/** What came of it. */
export type CloneResult =
  | ({ readonly kind: 'cloned'; readonly part: TreePart | undefined } & MadeClones)
  /** Not all of the version has come, and nothing was made. */
  | { readonly kind: 'not-pulled'; readonly outcomes: readonly ReceiverOutcome[] };

/** A version of a member of a tree, which the tree itself doesn't have. */
export interface TreePart {
  readonly version: TaggedSnapshot;
  /** The top of the tree. */
  readonly tree: string;
}

/**
 * Makes a working copy of a version, and of the tree that it is a version of. With `from`, the events of a pull come first.
 * @throws ZfsVmError when there can be none; what went wrong after something was made is in the result
 */
export async function clone(request: CloneRequest, surroundings: Surroundings): Promise<CloneResult> {
  checkRequest(request);
  if (request.from !== undefined) {
    await checkTarget(request, surroundings);
    const outcomes = await pull(toPullRequest(request.name, request.from), surroundings);
    if (!outcomes.every(isComplete)) return { kind: 'not-pulled', outcomes };
  }
  return Hosts.use(surroundings, async (hosts) => {
    const made = await cloneHere(hosts.openLocal(), request, surroundings);
    return { kind: 'cloned', ...made };
  });
}

/** @throws ZfsVmError `usage` */
function checkRequest({ target, from, set = [] }: CloneRequest): void {
  checkProperties({ set, exclude: [], carry: [] });
  const fault = findDatasetNameFault(target);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `invalid dataset name ${JSON.stringify(target)}: ${fault}`, {
      hint: 'give the name of the new dataset, e.g. tank/work/1007',
    });
  }
  const destination = from?.destination;
  if (destination === undefined || poolOf(destination) === poolOf(target)) return;
  throw new ZfsVmError(
    'usage',
    `cannot clone to ${target}: it is in another pool than the destination of the pull, ${destination}`,
    { hint: 'choose a destination with -d in the pool of the clone' },
  );
}

/** Looks whether there can be a dataset of that name, before anything is transferred for it. @throws ZfsVmError `usage` */
async function checkTarget(
  { target, parents = false }: CloneRequest,
  surroundings: Surroundings,
): Promise<void> {
  await Hosts.use(surroundings, async (hosts) => {
    const { rows } = await readDatasets(hosts.openLocal(), surroundings.signal);
    const datasets = new Map(rows.map((row) => [row.name, row]));
    const fault = findPlaceFault(datasets, target, { makesParents: parents });
    if (fault !== undefined) throw describeCloneFault(fault, target);
  });
}

/** A pull of a version and what it needs. */
export function toPullRequest(
  { streamline, version }: VersionName,
  from: NonNullable<CloneRequest['from']>,
): PullRequest {
  return {
    ...from,
    choice: {
      ...{ patterns: [{ streamline, upTo: version }], latest: false },
      required: version === undefined ? undefined : { streamline, version },
    },
  };
}

async function cloneHere(
  endpoint: Endpoint,
  { name, target, set = [], parents = false }: CloneRequest,
  { signal, emit }: Surroundings,
): Promise<MadeClones & { readonly part: TreePart | undefined }> {
  const inventory = await readInventory(endpoint, { scope: 'tagged', properties: ['mountpoint'], signal });
  const { datasets, properties: mountpoints, malformedTags } = inventory;
  emit({ kind: 'malformed-tags', host: localName, malformedTags });
  const trees = findNamedVersion(localName, datasets, name);
  const plan = planClone(datasets, { trees, target, set, makesParents: parents, mountpoints });
  if (plan.kind !== 'steps') throw describeCloneFault(plan, target);
  await checkKeys(endpoint, plan.steps, signal);
  const mountpoint = findMountpoint(plan.steps, { target, mountpoints });
  if (mountpoint !== undefined) await checkPlace(endpoint, mountpoint, signal);
  return { ...(await makeClones(endpoint, plan.steps, signal)), part: findPart(datasets, plan.steps) };
}

function findPart(datasets: Datasets, steps: readonly CloneStep[]): TreePart | undefined {
  const first = steps.find((step) => step.kind === 'clone');
  if (first === undefined) return undefined;
  const tree = findTreeAbove(datasets, first.source);
  return tree === undefined ? undefined : { version: first.from, tree: tree.name };
}

/**
 * Refuses what is encrypted and locked: zfs would make the clone, and not mount it.
 * @throws ZfsVmError `failed`
 */
async function checkKeys(
  endpoint: Endpoint,
  steps: readonly CloneStep[],
  signal: AbortSignal,
): Promise<void> {
  const encrypted = steps.flatMap((step) =>
    step.kind === 'clone' && step.source.encrypted ? [step.source.name] : [],
  );
  const locked = await readLocked(endpoint, encrypted, signal);
  const [dataset] = locked.keys();
  if (dataset === undefined) return;
  const calls = [...new Set(locked.values())].map((root) => showCommand('zfs', 'load-key', root));
  throw new ZfsVmError('failed', `${dataset} is encrypted and its key is not loaded; nothing was cloned`, {
    hint: `run ${calls.join(' and ')}, then run the same command again`,
  });
}

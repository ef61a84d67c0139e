import { fullNameOf, type Dataset, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { pathBelow, type Tree } from '../streamline/tree.js';
import { ancestorsOf, findDatasetNameFault, poolOf } from '../zfs/names.js';
import { hasProperty, type Property } from '../zfs/properties.js';

/** What a clone is to be made of, and how. */
export interface ClonePlanOptions {
  /** The places that have the version, the most original one first. */
  readonly trees: readonly Tree[];
  /** What the clone is to be called. */
  readonly target: string;
  /** What the person has it set to. */
  readonly set: readonly Property[];
  /** Whether missing filesystems above it are made. */
  readonly makesParents: boolean;
  /** The mountpoints that are set on the host's datasets. */
  readonly mountpoints: ReadonlyMap<string, readonly Property[]>;
}

/** What makes a clone, in order. */
export type CloneStep =
  /** A filesystem that only gives others a place. */
  | { readonly kind: 'parent'; readonly destination: string }
  | {
      readonly kind: 'clone';
      readonly from: TaggedSnapshot;
      readonly destination: string;
      readonly source: Dataset;
      readonly properties: readonly Property[];
    };

/** The steps to a clone, or why there can't be one. */
export type ClonePlan = { readonly kind: 'steps'; readonly steps: readonly CloneStep[] } | CloneFault;

/** Why a version can't be cloned. */
export type CloneFault =
  | PlaceFault
  /** The pools that have the version; a clone shares blocks with what it was made of. */
  | { readonly kind: 'other-pool'; readonly pools: readonly string[] }
  /** Several snapshots in the pool are called so, and they aren't the same. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly TaggedSnapshot[] }
  /** A member of the tree would get a name that ZFS doesn't take. */
  | { readonly kind: 'bad-name'; readonly destination: string; readonly fault: string };

/** Why there can't be a new dataset of that name. */
export type PlaceFault =
  | { readonly kind: 'exists'; readonly origin: string | undefined }
  | { readonly kind: 'no-pool'; readonly pools: readonly string[] }
  | { readonly kind: 'no-parent'; readonly parent: string }
  | { readonly kind: 'parent-is-volume'; readonly parent: string };

/** Why there can't be a new dataset of that name; undefined when there can. */
export function findPlaceFault(
  datasets: ReadonlyMap<string, Pick<Dataset, 'type' | 'origin'>>,
  target: string,
  { makesParents }: Pick<ClonePlanOptions, 'makesParents'>,
): PlaceFault | undefined {
  const existing = datasets.get(target);
  if (existing !== undefined) return { kind: 'exists', origin: existing.origin };
  if (!datasets.has(poolOf(target))) {
    return { kind: 'no-pool', pools: [...new Set([...datasets.keys()].map(poolOf))] };
  }
  const above = ancestorsOf(target);
  const volume = above.find((name) => datasets.get(name)?.type === 'volume');
  if (volume !== undefined) return { kind: 'parent-is-volume', parent: volume };
  const missing = above.find((name) => !datasets.has(name));
  return missing === undefined || makesParents ? undefined : { kind: 'no-parent', parent: missing };
}

/**
 * Plans a clone of a version, in the pool of its new name, of the most original copy that is there. The members of a tree become
 * clones below it, outermost first.
 */
export function planClone(datasets: Datasets, request: ClonePlanOptions): ClonePlan {
  const { trees, target } = request;
  const placeFault = findPlaceFault(datasets, target, request);
  if (placeFault !== undefined) return placeFault;
  const [tree, ...copies] = trees.filter(({ root }) => poolOf(root.dataset) === poolOf(target));
  if (tree === undefined) {
    return { kind: 'other-pool', pools: [...new Set(trees.map(({ root }) => poolOf(root.dataset)))] };
  }
  const { root } = tree;
  if (copies.some((copy) => copy.root.guid !== root.guid)) {
    return { kind: 'ambiguous', candidates: [root, ...copies.map((copy) => copy.root)] };
  }
  const known = new Set(datasets.keys());
  const steps: CloneStep[] = [];
  for (const from of [root, ...tree.members]) {
    const source = datasets.get(from.dataset);
    if (source === undefined) throw new Error(`${fullNameOf(from)} is of no dataset`);
    const destination = from === root ? target : `${target}/${pathBelow(from.dataset, root.dataset)}`;
    const fault = findDatasetNameFault(destination);
    if (fault !== undefined) return { kind: 'bad-name', destination, fault };
    // Also what lies between members of a tree may be missing.
    for (const parent of ancestorsOf(destination).filter((name) => !known.has(name))) {
      steps.push({ kind: 'parent', destination: parent });
      known.add(parent);
    }
    const properties = chooseProperties(source, request, { isRoot: from === root });
    steps.push({ kind: 'clone', from, destination, source, properties });
    known.add(destination);
  }
  return { kind: 'steps', steps };
}

/**
 * Where zfs mounts the clone; undefined where it mounts nothing. With an alternative root, what is told is below that if it comes from the
 * host, and not if it comes from the person: zfs adds it then.
 */
export function findMountpoint(
  steps: readonly CloneStep[],
  { target, mountpoints }: Pick<ClonePlanOptions, 'target' | 'mountpoints'>,
): string | undefined {
  const root = steps.find((step) => step.kind === 'clone');
  if (root?.source.type !== 'filesystem') return undefined;
  const said = (property: string): string | undefined =>
    root.properties.findLast(({ name }) => name === property)?.value;
  if ((said('canmount') ?? 'on') !== 'on') return undefined;
  const path = said('mountpoint') ?? inheritMountpoint(target, mountpoints);
  return path.startsWith('/') ? path : undefined;
}

function inheritMountpoint(target: string, mountpoints: ClonePlanOptions['mountpoints']): string {
  for (const above of ancestorsOf(target).toReversed()) {
    const set = mountpoints.get(above)?.at(0)?.value;
    if (set !== undefined) return `${set === '/' ? '' : set}${target.slice(above.length)}`;
  }
  return `/${target}`;
}

/**
 * What the person said, as far as such a dataset has it; the mountpoint is for the uppermost one, below which the others have theirs.
 * A filesystem that would inherit that it has no mountpoint, or a legacy one, gets the one that ZFS gives by itself.
 */
function chooseProperties(
  { type }: Dataset,
  { set, target, mountpoints }: ClonePlanOptions,
  { isRoot }: { isRoot: boolean },
): Property[] {
  const chosen = set.filter(({ name }) => hasProperty(type, name) && (isRoot || name !== 'mountpoint'));
  const isSaid = chosen.some(({ name }) => name === 'mountpoint');
  if (!isRoot || isSaid || type === 'volume') return chosen;
  const [inherited] = ancestorsOf(target)
    .toReversed()
    .flatMap((above) => mountpoints.get(above) ?? []);
  const isNowhere = inherited?.value === 'none' || inherited?.value === 'legacy';
  return isNowhere ? [...chosen, { name: 'mountpoint', value: `/${target}` }] : chosen;
}

import type { Endpoint } from '../host/endpoint.js';
import { runCommand } from '../host/run-command.js';
import { forEachName, quoteCommand } from '../base/shell.js';
import { fullNameOf, type Dataset, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findNewestOfTree } from '../streamline/lineage.js';
import { poolOf } from '../zfs/names.js';
import { getMembersArguments, getWrittenArguments, parseMembers, parseWritten } from '../zfs/written.js';
import { understand } from './read-inventory.js';
import { runZfsScript } from './zfs-script.js';

/** What may have changed. */
export interface ChangeQuestion {
  readonly datasets: Datasets;
  /** A dataset, and then all below it if it is about a tree. */
  readonly tree: readonly Dataset[];
  readonly isTree: boolean;
  /** Whose versions count; undefined for that of the newest one. */
  readonly streamline: string | undefined;
}

/**
 * Has the pools of these datasets count all that was written until now: what was written in the last seconds they would count only
 * later (seen on OpenZFS 2.3.2 and 2.1.11). It may take seconds on a busy pool, so once is enough for many datasets. Best effort.
 */
export async function flushPools(
  { host }: Endpoint,
  datasets: Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  const pools = [...new Set(Array.from(datasets, poolOf))];
  // Without a name, all of them would be meant.
  if (pools.length === 0) return;
  await runCommand(host, ['sh', '-c', 'zpool sync "$@" </dev/null', 'sh', ...pools], { signal });
  signal?.throwIfAborted();
}

/**
 * Finds the newest version of a dataset or tree if it has not changed since, as far as its pool has counted (`flushPools`). In doubt,
 * it has changed: where there is no version yet, where a dataset of the tree is new or one is missing, and where ZFS counts what nobody has
 * written, as it does with a new clone of what was mounted (1 KB on OpenZFS 2.3.2).
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function findUnchanged(
  endpoint: Endpoint,
  { datasets, tree, isTree, streamline }: ChangeQuestion,
  signal?: AbortSignal,
): Promise<TaggedSnapshot | undefined> {
  const versions = findNewestOfTree(datasets, tree, streamline);
  const newest = versions?.[0];
  if (versions === undefined || newest === undefined) return undefined;
  const namesByBase = new Map<string, string[]>();
  for (const [index, { name }] of tree.entries()) {
    const version = versions[index] ?? newest;
    const base = version.dataset === name ? version.name : fullNameOf(version);
    const names = namesByBase.get(base);
    if (names === undefined) namesByBase.set(base, [name]);
    else names.push(name);
  }
  for (const [base, names] of namesByBase) {
    const written = await readWritten(endpoint, base, names, signal);
    if (names.some((name) => written.get(name) !== 0)) return undefined;
  }
  const members = isTree ? await readMembers(endpoint, newest, signal) : undefined;
  return members === undefined || members === tree.length ? newest : undefined;
}

/** Asks how much was written to datasets since a snapshot, in one command. */
async function readWritten(
  endpoint: Endpoint,
  base: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number | undefined>> {
  const { script, input } = forEachName(getWrittenArguments(base), names);
  const parts = { written: [`${script} || exit`] };
  const { written } = await runZfsScript(endpoint, parts, { input, signal });
  return understand(endpoint, () => parseWritten(written));
}

/**
 * Asks how many datasets belong to a version; undefined where it wasn't written down.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readMembers(
  endpoint: Endpoint,
  version: TaggedSnapshot,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const call = quoteCommand([...getMembersArguments, fullNameOf(version)]);
  const parts = { members: [`"$@" ${call} </dev/null || exit`] };
  const { members } = await runZfsScript(endpoint, parts, { signal });
  return understand(endpoint, () => parseMembers(members));
}

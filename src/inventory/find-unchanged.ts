import type { Endpoint } from '../host/endpoint.js';
import { forEachName, quoteCommand } from '../shell.js';
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
 * Finds the newest version of a dataset or tree if it has not changed since. In doubt, it has: where there is no version yet, where a
 * dataset of the tree is new or one is missing, and where ZFS counts what nobody has written, as it does with a new clone of what was
 * mounted (1 KB on OpenZFS 2.3.2).
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
    const { written, members } = await readWritten(endpoint, base, names, newest, signal);
    if (names.some((name) => written.get(name) !== 0)) return undefined;
    if (isTree && members !== undefined && members !== tree.length) return undefined;
  }
  return newest;
}

/**
 * Asks how much was written to datasets, and how many there were, in one command. What was written in the last seconds is counted only
 * when the pool has synced it: that is asked for first.
 */
async function readWritten(
  endpoint: Endpoint,
  base: string,
  names: readonly string[],
  version: TaggedSnapshot,
  signal: AbortSignal | undefined,
): Promise<{ written: ReadonlyMap<string, number | undefined>; members: number | undefined }> {
  const { script, input } = forEachName(getWrittenArguments(base), names);
  const parts = {
    written: [
      `${quoteCommand(['zpool', 'sync', poolOf(version.dataset)])} </dev/null >/dev/null 2>&1 || :`,
      `${script} || exit`,
    ],
    members: [`"$@" ${quoteCommand([...getMembersArguments, fullNameOf(version)])} </dev/null || exit`],
  };
  const texts = await runZfsScript(endpoint, parts, { input, signal });
  return understand(endpoint, () => ({
    written: parseWritten(texts.written),
    members: parseMembers(texts.members),
  }));
}

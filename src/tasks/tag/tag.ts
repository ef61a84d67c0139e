import { ZfsVmError } from '../../base/errors.js';
import { flushPools } from '../../inventory/find-unchanged.js';
import { readExtent, type Extent } from '../../inventory/read-extent.js';
import { findContainerDatasets } from '../../streamline/container.js';
import { isTagged, type Dataset, type Datasets } from '../../streamline/dataset.js';
import { findTreeAbove } from '../../streamline/tree-members.js';
import { findStreamlineFault, type Tag } from '../../streamline/tag.js';
import { findNoteFault } from '../../zfs/notes.js';
import { Hosts } from '../hosts.js';
import { readTagged } from '../read-tagged.js';
import type { Surroundings } from '../surroundings.js';
import { findNextVersion, makeVersion, type Unchanged } from './next-version.js';

/** What is to become a version. */
export interface TagRequest {
  /** A filesystem or volume of this machine, or the id or name of a container or VM. */
  readonly target: string;
  /** Its name, as far as it isn't to follow from the newest version. */
  readonly name?: Partial<Tag> | undefined;
  /** Whether it may begin another streamline than the dataset has. */
  readonly mayBegin?: boolean | undefined;
  /** A line that is kept with the version. */
  readonly note?: string | undefined;
  /** Whether everything below the dataset belongs to it; when undefined, as with the newest version. */
  readonly recursive?: boolean | undefined;
  /** Whether there is to be none when nothing was written since the newest one. */
  readonly ifChanged?: boolean | undefined;
}

/** What came of it. */
export type TagResult =
  | MadeVersion
  /** Nothing was made. */
  | ({ readonly kind: 'unchanged' } & Unchanged);

/** A version that was made. */
export interface MadeVersion {
  readonly kind: 'made';
  readonly dataset: string;
  /** Its snapshots: that of the dataset first, and then those of its tree. */
  readonly fullNames: readonly string[];
  /** A tree that the dataset belongs to, whose other members didn't get the version, though nobody said so; undefined otherwise. */
  readonly partOf: string | undefined;
}

/**
 * Makes a version of a dataset of this machine, or of a tree.
 * @throws ZfsVmError `usage` or `conflict` when there can be none of that name; when this machine can't be read or zfs fails
 */
export async function tag(request: TagRequest, surroundings: Surroundings): Promise<TagResult> {
  const { target, name = {}, mayBegin = false, note, recursive, ifChanged = false } = request;
  checkRequest(request);
  const { signal, emit } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = hosts.openLocal();
    const datasets = await readTagged(endpoint, surroundings);
    const dataset = findDataset(datasets, target);
    const extent =
      recursive === undefined
        ? await readExtent(endpoint, { datasets, dataset, streamline: name.streamline }, signal)
        : toExtent(recursive);
    if (ifChanged) await flushPools(endpoint, [dataset.name], signal);
    const wanted = { ...name, mayBegin };
    const next = await findNextVersion(endpoint, { datasets, dataset, extent, wanted, ifChanged }, signal);
    if (next.kind === 'unchanged') return next;
    await makeVersion(endpoint, next, note, signal);
    emit({ kind: 'version', fullNames: next.fullNames, isMade: true });
    const tree = recursive === undefined ? findTreeAbove(datasets, dataset) : undefined;
    const isOfTree = name.streamline === undefined || name.streamline === streamlineOf(tree);
    const partOf = isOfTree ? tree?.name : undefined;
    return { kind: 'made', dataset: dataset.name, fullNames: next.fullNames, partOf };
  });
}

function toExtent(recursive: boolean): Extent {
  return recursive ? 'tree' : 'told-alone';
}

/** Refuses what would become a snapshot that nobody could read again. @throws ZfsVmError `usage` */
function checkRequest({ name: { streamline } = {}, note }: TagRequest): void {
  const fault =
    (streamline === undefined ? undefined : findStreamlineFault(streamline)) ??
    (note === undefined ? undefined : findNoteFault(note));
  if (fault !== undefined) throw new ZfsVmError('usage', `cannot create a version: ${fault}`);
}

function streamlineOf(dataset: Dataset | undefined): string | undefined {
  return dataset?.snapshots.findLast(isTagged)?.tag.streamline;
}

function findDataset(datasets: Datasets, target: string): Dataset {
  const exact = datasets.get(target);
  if (exact !== undefined) return exact;
  const candidates = target.includes('/') ? [] : findContainerDatasets(target, datasets.keys());
  const [only, ...others] = candidates;
  const dataset = only === undefined ? undefined : datasets.get(only);
  if (dataset === undefined) {
    throw new ZfsVmError('usage', `no filesystem, volume or container "${target}" on this machine`, {
      hint: 'list the datasets with "zfs list -t filesystem,volume"',
    });
  }
  if (others.length > 0) {
    throw new ZfsVmError('usage', `"${target}" matches ${candidates.length} datasets; no version created`, {
      details: candidates,
      hint: 'give the full name of the dataset',
    });
  }
  return dataset;
}

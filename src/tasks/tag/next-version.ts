import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import { quoteWord } from '../../base/shell.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { runCommand, type CommandResult } from '../../host/run-command.js';
import { findUnchanged } from '../../inventory/find-unchanged.js';
import type { Extent } from '../../inventory/read-extent.js';
import { readNamedSnapshots } from '../../inventory/read-about.js';
import { fullNameOf, type Dataset, type Datasets } from '../../streamline/dataset.js';
import { findNextTag, type WantedTag } from '../../streamline/lineage.js';
import { formatTag, formatTagShort, type Tag } from '../../streamline/tag.js';
import { explainZfsFailure } from '../../zfs/failure.js';
import { isWithin, maxNameLength } from '../../zfs/names.js';
import type { Property } from '../../zfs/properties.js';
import { membersProperty, noteProperty, snapshotArguments } from '../../zfs/snapshot.js';

/** What is to become a version. */
export interface VersionRequest {
  readonly datasets: Datasets;
  readonly dataset: Dataset;
  /** Whether everything below the dataset belongs to it. */
  readonly extent: Extent;
  /** What is said of its name. */
  readonly wanted: WantedTag;
  /** Whether there is to be none when nothing was written since the newest one. */
  readonly ifChanged: boolean;
}

/** A dataset or tree in which nothing was written since its newest version. */
export interface Unchanged {
  readonly dataset: string;
  /** Whether everything below the dataset belongs to it. */
  readonly isTree: boolean;
  readonly newest: Tag;
}

/** A version that can be made, or why none is. */
export type NextVersion =
  | ({ readonly kind: 'unchanged' } & Unchanged)
  /** `fullNames` of its snapshots: that of the dataset first, and then those of its tree. */
  | { readonly kind: 'version'; readonly extent: Extent; readonly fullNames: readonly string[] };

/**
 * Finds the version that a dataset or tree would get.
 * @throws ZfsVmError `usage` or `conflict` when there can be none of that name, and as `findUnchanged` does
 */
export async function findNextVersion(
  endpoint: Endpoint,
  { datasets, dataset, extent, wanted, ifChanged }: VersionRequest,
  signal: AbortSignal,
): Promise<NextVersion> {
  const isTree = extent === 'tree';
  const tree = isTree ? [...datasets.values()].filter(({ name }) => isWithin(name, dataset.name)) : [dataset];
  if (ifChanged) {
    const question = { datasets, tree, isTree, streamline: wanted.streamline };
    const newest = await findUnchanged(endpoint, question, signal);
    if (newest !== undefined) return { kind: 'unchanged', dataset: dataset.name, isTree, newest: newest.tag };
  }
  const tag = chooseTag(datasets, dataset, wanted);
  const fullNames = tree.map(({ name }) => `${name}@${formatTag(tag)}`);
  checkLengths(fullNames);
  return { kind: 'version', extent, fullNames };
}

/**
 * Makes the snapshots of a version, with a note if there is one, and of a tree, or what is alone since somebody said so, with the number
 * of its members: so the next one is the same.
 * @throws ZfsVmError when they can't be made: all of them or none
 */
export async function makeVersion(
  { host, zfs }: Endpoint,
  { extent, fullNames }: Extract<NextVersion, { kind: 'version' }>,
  note: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const [first = ''] = fullNames;
  const make = (properties: readonly Property[]): Promise<CommandResult> =>
    runCommand(host, [...zfs, ...snapshotArguments(first, { recursive: extent === 'tree', properties })], {
      signal,
    });
  const noted = note === undefined ? [] : [{ name: noteProperty, value: note }];
  const counted = extent === 'alone' ? [] : [{ name: membersProperty, value: String(fullNames.length) }];
  let result = await make([...noted, ...counted]);
  // Nobody asked for the count: who may not set it makes the version without.
  if (counted.length > 0 && explainZfsFailure(result.stderr)?.kind === 'denied') result = await make(noted);
  signal.throwIfAborted();
  if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs snapshot', result);
  const made = await readNamedSnapshots({ host, zfs }, [first], signal);
  if (made.length > 0) return;
  throw new ZfsVmError('failed', `${host.name}: zfs snapshot succeeded, but ${first} does not exist`);
}

function chooseTag(datasets: Datasets, dataset: Dataset, wanted: WantedTag): Tag {
  const next = findNextTag(datasets, dataset, wanted);
  switch (next.kind) {
    case 'tag':
      return next.tag;
    case 'unknown-streamline':
      throw new ZfsVmError('usage', `${dataset.name} has no version and is not a clone of one`, {
        hint: 'start a streamline with -n STREAMLINE:VERSION, e.g. -n debian-7:1',
      });
    case 'begins-another': {
      const { tag, newest } = next;
      const [begun, known] = [tag.streamline, newest.tag.streamline];
      throw new ZfsVmError(
        'usage',
        `${formatTagShort(tag)} would start the new streamline ${begun} on ${dataset.name}, whose newest version is ${formatTagShort(newest.tag)}`,
        {
          hint: `to start it, add --new; to continue ${known}, use -n ${quoteWord(tag.version.text)}, or omit -n`,
        },
      );
    }
    case 'no-next':
      throw new ZfsVmError(
        'usage',
        `cannot derive the next version from the newest one of ${next.streamline}`,
        {
          hint: 'give the version with -n VERSION',
        },
      );
    case 'exists':
      throw new ZfsVmError(
        'conflict',
        `${formatTagShort(next.tag)} already exists: ${fullNameOf(next.where)}`,
        {
          hint: 'omit -n to create the next version',
        },
      );
    case 'not-newer':
      throw new ZfsVmError(
        'conflict',
        `${formatTagShort(next.tag)} would not be the newest: ${dataset.name} descends from ${formatTagShort(next.newest.tag)}`,
        { hint: 'omit -n to create the next version' },
      );
  }
}

function checkLengths(fullNames: readonly string[]): void {
  const tooLong = fullNames.find((fullName) => fullName.length > maxNameLength);
  if (tooLong === undefined) return;
  throw new ZfsVmError('usage', `${tooLong} is longer than ${maxNameLength} characters, the limit of ZFS`, {
    hint: 'start a streamline with a shorter name with -n STREAMLINE:VERSION',
  });
}

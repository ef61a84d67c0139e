import { Command, Option } from 'clipanion';
import { toCommandError } from '../command-error.js';
import { exitCodes, ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand, type CommandResult } from '../host/run-command.js';
import { findUnchanged } from '../inventory/find-unchanged.js';
import { readInventory, readNamedSnapshots } from '../inventory/read-inventory.js';
import { findContainerDatasets } from '../streamline/container.js';
import { fullNameOf, type Dataset, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findNextTag } from '../streamline/lineage.js';
import {
  describeVersionFault,
  findStreamlineFault,
  formatTag,
  formatTagShort,
  type Tag,
} from '../streamline/tag.js';
import { parseVersion } from '../streamline/version.js';
import { explainZfsFailure } from '../zfs/failure.js';
import { findDatasetNameFault, isWithin, maxNameLength } from '../zfs/names.js';
import { findNoteFault } from '../zfs/notes.js';
import type { Property } from '../zfs/properties.js';
import { membersProperty, noteProperty, snapshotArguments } from '../zfs/snapshot.js';
import { BaseCommand } from './base-command.js';
import { Hosts } from './hosts.js';
import { warnOfMalformedTags } from './malformed-tags.js';

/** Makes a version: a snapshot with a name that says which streamline and version it is. */
export class TagCommand extends BaseCommand {
  static override paths = [['tag']];

  static synopsis = 'tag [-n [NAME:]VERSION] [-m NOTE] [-r] [--if-changed] filesystem|container-id';

  static optionHelp = [
    ['-n, --name [NAME:]VERSION', 'the version, and the streamline if it is a new one'],
    ['-m, --message NOTE', 'a line that is kept with the version'],
    ['-r, --recursive', 'with everything below it, all at one moment: one version of the whole tree'],
    ['    --if-changed', 'only if something was written since the newest version'],
  ] as const;

  static override usage = Command.Usage({
    description: 'make a version of a filesystem or volume',
    details: `
      Takes a snapshot named \`@zfs-vm:STREAMLINE:VERSION\`. The streamline is found from the newest version of the
      dataset, or of what it was cloned from; the version is the next number after the newest one of that streamline
      on this machine. A version is a whole number (7) or a semantic version (1.4.0).

      Instead of a dataset, the id or name of a container or VM may be given, as Proxmox, Incus, LXD, libvirt and
      OpenVZ name their datasets.
    `,
    examples: [
      ['Begin a streamline', '$0 tag -n debian-7:1 pool/src/OpenVZ/Instance/1007'],
      ['Make its next version', '$0 tag 1007'],
      ['Make one version of a whole tree', '$0 tag -r -n web:1 tank/vm/web'],
      ['Make a certain version', '$0 tag -n 7 pool/src/OpenVZ/Instance/1007'],
      ['Say what is in it', '$0 tag -m "with nginx 1.28" 1007'],
      ['On a schedule, no version where nothing is new', '$0 tag --if-changed 1007'],
    ],
  });

  name = Option.String('-n,--name');

  message = Option.String('-m,--message');

  recursive = Option.Boolean('-r,--recursive', false);

  ifChanged = Option.Boolean('--if-changed', false);

  target = Option.String({ name: 'filesystem|container-id' });

  async execute(): Promise<number> {
    const wanted = this.name === undefined ? {} : parseWanted(this.name);
    checkTarget(this.target);
    if (this.message !== undefined) checkNote(this.message);
    const { recursive } = this;
    return Hosts.use(this, async (hosts) => {
      const { host, zfs } = hosts.openLocal();
      const { signal, stdout, stderr } = this.context;
      const inventory = await readInventory({ host, zfs }, { scope: 'tagged', signal });
      warnOfMalformedTags(this, host.name, inventory);
      const { datasets } = inventory;
      const dataset = findDataset(datasets, this.target);
      const tree = recursive
        ? [...datasets.values()].filter(({ name }) => isWithin(name, dataset.name))
        : [dataset];
      if (this.ifChanged) {
        const question = { datasets, tree, isTree: recursive, streamline: wanted.streamline };
        const newest = await findUnchanged({ host, zfs }, question, signal);
        if (newest !== undefined) {
          stderr.write(`${describeUnchanged(dataset, newest, recursive)}\n`);
          return exitCodes.done;
        }
      }
      const tag = chooseTag(datasets, dataset, wanted);
      const fullNames = tree.map(({ name }) => `${name}@${formatTag(tag)}`);
      checkLengths(fullNames);
      await makeVersion({ host, zfs }, fullNames, { recursive, note: this.message }, signal);
      stdout.write(fullNames.map((fullName) => `${fullName}\n`).join(''));
      return exitCodes.done;
    });
  }
}

/**
 * Makes the snapshots of a version, with a note if there is one, and of a tree with the number of its members.
 * @param fullNames that of the dataset first, which is the only one unless it is recursive
 * @throws ZfsVmError when they can't be made: all of them or none
 */
async function makeVersion(
  { host, zfs }: Endpoint,
  fullNames: readonly string[],
  { recursive, note }: { recursive: boolean; note: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const [first = ''] = fullNames;
  const make = (properties: readonly Property[]): Promise<CommandResult> =>
    runCommand(host, [...zfs, ...snapshotArguments(first, { recursive, properties })], { signal });
  const noted = note === undefined ? [] : [{ name: noteProperty, value: note }];
  const counted = recursive ? [{ name: membersProperty, value: String(fullNames.length) }] : [];
  let result = await make([...noted, ...counted]);
  // Nobody asked for the count: who may not set it makes the version without.
  if (recursive && explainZfsFailure(result.stderr)?.kind === 'denied') result = await make(noted);
  signal.throwIfAborted();
  if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs snapshot', result);
  const made = await readNamedSnapshots({ host, zfs }, [first], signal);
  if (made.length > 0) return;
  throw new ZfsVmError('failed', `${host.name}: zfs snapshot ended well, and ${first} is not there`);
}

function checkLengths(fullNames: readonly string[]): void {
  const tooLong = fullNames.find((fullName) => fullName.length > maxNameLength);
  if (tooLong === undefined) return;
  throw new ZfsVmError('usage', `${tooLong} is longer than the ${maxNameLength} characters that ZFS takes`);
}

/** Reads what `-n` says: `VERSION` or `STREAMLINE:VERSION`. */
function parseWanted(text: string): Partial<Tag> {
  const colon = text.indexOf(':');
  const versionText = text.slice(colon + 1);
  const version = parseVersion(versionText);
  if (version === undefined) {
    throw new ZfsVmError('usage', `-n ${JSON.stringify(text)}: ${describeVersionFault(versionText)}`, {
      hint: 'write -n VERSION or -n STREAMLINE:VERSION, e.g. -n debian-7:1',
    });
  }
  if (colon < 0) return { version };
  const streamline = text.slice(0, colon);
  const fault = findStreamlineFault(streamline);
  if (fault !== undefined) throw new ZfsVmError('usage', `-n ${JSON.stringify(text)}: ${fault}`);
  return { streamline, version };
}

function checkNote(note: string): void {
  const fault = findNoteFault(note);
  if (fault === undefined) return;
  throw new ZfsVmError('usage', `-m can't be: ${fault}`, {
    hint: 'write what the version is about in one line, e.g. -m "with nginx 1.28"',
  });
}

function describeUnchanged({ name }: Dataset, { tag }: TaggedSnapshot, isTree: boolean): string {
  const since = `changed since ${formatTagShort(tag)}`;
  return isTree ? `nothing in ${name} has ${since}` : `${name} has not ${since}`;
}

function checkTarget(target: string): void {
  if (target.includes('@')) {
    throw new ZfsVmError(
      'usage',
      `${JSON.stringify(target)} is a snapshot; a version is made of a filesystem or volume`,
    );
  }
  // A bare container id may begin with a digit, which a pool may not.
  const fault = findDatasetNameFault(target.includes('/') ? target : `x/${target}`);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `${JSON.stringify(target)} can't be a dataset: ${fault}`);
  }
}

function findDataset(datasets: Datasets, target: string): Dataset {
  const exact = datasets.get(target);
  if (exact !== undefined) return exact;
  const candidates = target.includes('/') ? [] : findContainerDatasets(target, datasets.keys());
  const [only, ...others] = candidates;
  const dataset = only === undefined ? undefined : datasets.get(only);
  if (dataset === undefined) {
    throw new ZfsVmError('usage', `there is no filesystem, volume or container "${target}"`, {
      hint: 'see "zfs list -t filesystem,volume" for what there is',
    });
  }
  if (others.length > 0) {
    throw new ZfsVmError(
      'usage',
      `"${target}" could be any of ${candidates.length} datasets; nothing was tagged`,
      {
        details: candidates,
        hint: 'name the dataset',
      },
    );
  }
  return dataset;
}

function chooseTag(datasets: Datasets, dataset: Dataset, wanted: Partial<Tag>): Tag {
  const next = findNextTag(datasets, dataset, wanted);
  switch (next.kind) {
    case 'tag':
      return next.tag;
    case 'unknown-streamline':
      throw new ZfsVmError('usage', `${dataset.name} has no version yet, and wasn't cloned from one`, {
        hint: 'begin a streamline with -n STREAMLINE:VERSION, e.g. -n debian-7:1',
      });
    case 'no-next':
      throw new ZfsVmError('usage', `no version follows the newest one of ${next.streamline} by itself`, {
        hint: 'name it with -n VERSION',
      });
    case 'exists':
      throw new ZfsVmError(
        'conflict',
        `${formatTagShort(next.tag)} exists already: ${fullNameOf(next.where)}`,
        {
          hint: 'leave out -n to make the next version',
        },
      );
    case 'not-newer':
      throw new ZfsVmError(
        'conflict',
        `${formatTagShort(next.tag)} wouldn't be the newest: ${dataset.name} comes from ${formatTagShort(next.newest.tag)}`,
        { hint: 'leave out -n to make the next version' },
      );
  }
}

import { Command, Option } from 'clipanion';
import { toCommandError } from '../command-error.js';
import { exitCodes, ZfsVmError } from '../errors.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import { readInventory, readNamedSnapshots } from '../inventory/read-inventory.js';
import { findContainerDatasets } from '../streamline/container.js';
import { fullNameOf, type Dataset, type Datasets } from '../streamline/dataset.js';
import { findNextTag } from '../streamline/lineage.js';
import {
  describeVersionFault,
  findStreamlineFault,
  formatTag,
  formatTagShort,
  type Tag,
} from '../streamline/tag.js';
import { parseVersion } from '../streamline/version.js';
import { findDatasetNameFault, isWithin, maxNameLength } from '../zfs/names.js';
import { snapshotArguments } from '../zfs/snapshot.js';
import { BaseCommand } from './base-command.js';
import { Hosts } from './hosts.js';
import { warnOfMalformedTags } from './malformed-tags.js';

/** Makes a version: a snapshot with a name that says which streamline and version it is. */
export class TagCommand extends BaseCommand {
  static override paths = [['tag']];

  static synopsis = 'tag [-n [NAME:]VERSION] [-r] filesystem|container-id';

  static optionHelp = [
    ['-n, --name [NAME:]VERSION', 'the version, and the streamline if it is a new one'],
    ['-r, --recursive', 'with everything below it, all at one moment: one version of the whole tree'],
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
    ],
  });

  name = Option.String('-n,--name');

  recursive = Option.Boolean('-r,--recursive', false);

  target = Option.String({ name: 'filesystem|container-id' });

  async execute(): Promise<number> {
    const wanted = this.name === undefined ? {} : parseWanted(this.name);
    checkTarget(this.target);
    return Hosts.use(this, async (hosts) => {
      const { host, zfs } = hosts.openLocal();
      const { signal, stdout } = this.context;
      const inventory = await readInventory({ host, zfs }, { scope: 'tagged', signal });
      warnOfMalformedTags(this, host.name, inventory);
      const { datasets } = inventory;
      const dataset = findDataset(datasets, this.target);
      const tag = chooseTag(datasets, dataset, wanted);
      const members = this.recursive
        ? [...datasets.keys()].filter((name) => isWithin(name, dataset.name))
        : [dataset.name];
      const fullNames = members.map((member) => `${member}@${formatTag(tag)}`);
      checkLengths(fullNames);
      const call = snapshotArguments(`${dataset.name}@${formatTag(tag)}`, { recursive: this.recursive });
      const result = await runCommand(host, [...zfs, ...call], { signal });
      signal.throwIfAborted();
      if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs snapshot', result);
      // ZFS makes all of them or none.
      const [first = ''] = fullNames;
      const made = await readNamedSnapshots({ host, zfs }, [first], signal);
      if (made.length === 0) {
        throw new ZfsVmError('failed', `${host.name}: zfs snapshot ended well, and ${first} is not there`);
      }
      stdout.write(fullNames.map((fullName) => `${fullName}\n`).join(''));
      return exitCodes.done;
    });
  }
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

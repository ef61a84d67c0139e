import { exitCodes, ZfsVmError } from '../base/errors.js';
import { flushPools } from '../inventory/find-unchanged.js';
import { readInventory } from '../inventory/read-inventory.js';
import { readIsTree } from '../inventory/read-is-tree.js';
import { quoteWord } from '../base/shell.js';
import { describeUnchanged } from '../report/versions/describe-unchanged.js';
import { findContainerDatasets } from '../streamline/container.js';
import { isTagged, type Dataset, type Datasets } from '../streamline/dataset.js';
import type { WantedTag } from '../streamline/lineage.js';
import { findTreeAbove } from '../streamline/membership.js';
import { describeVersionFault, findStreamlineFault, type Tag } from '../streamline/tag.js';
import { parseVersion } from '../streamline/version.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { findNoteFault } from '../zfs/notes.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, toggle, value } from '../command-line/option.js';
import { Hosts } from '../tasks/hosts.js';
import { BaseCommand } from './base-command.js';
import { findNextVersion, makeVersion } from '../tasks/tag/next-version.js';

/** Makes a version: a snapshot with a name that says which streamline and version it is. */
export class TagCommand extends BaseCommand<typeof TagCommand.definition> {
  static readonly definition = defineCommand({
    names: [['tag']],
    description: 'make a version of a filesystem or volume',
    details: `
      Takes a snapshot named \`@zfs-vm:STREAMLINE:VERSION\`. The streamline is found from the newest version of the
      dataset, or of what it was cloned from; the version follows the newest one of that streamline on this machine:
      the next number (8 after 7), the next patch (1.4.1 after 1.4.0), or the next pre-release (2.0.0-rc.2 after 2.0.0-rc.1).
      A version is a whole number (7) or a semantic version (1.4.0).

      A dataset whose newest version is one of a tree gets the next version with everything below it, too, unless \`--no-recursive\` is
      given. A name that no version of the dataset has is refused without \`--new\`: it may be misspelt. The first version of a dataset
      needs no \`--new\`, nor does that of a clone: a clone of a template often begins a streamline of its own.

      Instead of a dataset, the id or name of a container or VM may be given, as Proxmox, Incus, LXD, libvirt and
      OpenVZ name their datasets.
    `,
    examples: [
      ['Begin a streamline', 'tag -n debian-7:1 pool/src/OpenVZ/Instance/1007'],
      ['Make its next version', 'tag 1007'],
      ['Make one version of a whole tree', 'tag -r -n web:1 tank/vm/web'],
      ['Begin another streamline on the same dataset', 'tag -n web-2:1 --new tank/vm/web'],
      ['Make a certain version', 'tag -n 7 pool/src/OpenVZ/Instance/1007'],
      ['Say what is in it', 'tag -m "with nginx 1.28" 1007'],
      ['On a schedule, no version where nothing is new', 'tag --if-changed 1007'],
    ],
    options: {
      name: value(['-n', '--name'], {
        ...{ value: '[NAME:]VERSION', kind: 'version', read: readWanted },
        help: 'the version, and the streamline if it is a new one',
      }),
      new: flag(
        ['--new'],
        'begin the streamline that -n names on a dataset that has versions of another one',
      ),
      message: value(['-m', '--message'], {
        ...{ value: 'NOTE', kind: 'note', read: readNote },
        help: 'a line that is kept with the version',
      }),
      recursive: toggle(['-r', '--recursive'], {
        help: 'with everything below it, all at one moment: one version of the whole tree',
        helpWithout: 'of the dataset alone, though its newest version is one of a tree',
        usual: undefined,
      }),
      ifChanged: flag(['--if-changed'], 'only if something was written since the newest version'),
    },
    operands: {
      target: operand({ name: 'filesystem|container-id', kind: 'container', read: readTarget }),
    },
  });

  async execute(): Promise<number> {
    const wanted = this.#findWanted();
    const { target, message, recursive, ifChanged } = this.args;
    const surroundings = await this.surround();
    return Hosts.use(surroundings, async (hosts) => {
      const endpoint = hosts.openLocal();
      const { signal, stdout, stderr } = this.context;
      const inventory = await readInventory(endpoint, { scope: 'tagged', signal });
      surroundings.emit({
        kind: 'malformed-tags',
        host: endpoint.host.name,
        malformedTags: inventory.malformedTags,
      });
      const { datasets } = inventory;
      const dataset = findDataset(datasets, target);
      const isTree = recursive ?? (await readIsTree(endpoint, datasets, dataset, wanted.streamline, signal));
      const request = { datasets, dataset, isTree, wanted, ifChanged };
      if (ifChanged) await flushPools(endpoint, [dataset.name], signal);
      const next = await findNextVersion(endpoint, request, signal);
      if (next.kind === 'unchanged') {
        stderr.write(`${describeUnchanged(next)}\n`);
        return exitCodes.done;
      }
      const marks = { note: message, isAlone: recursive === false };
      await makeVersion(endpoint, next, marks, signal);
      const tree = findTreeAbove(datasets, dataset);
      const goesOn = wanted.streamline === undefined || wanted.streamline === streamlineOf(tree);
      if (recursive === undefined && tree !== undefined && goesOn) {
        stderr.write(describePart(dataset, tree));
      }
      stdout.write(next.fullNames.map((fullName) => `${fullName}\n`).join(''));
      return exitCodes.done;
    });
  }

  /** @throws ZfsVmError `usage` */
  #findWanted(): WantedTag {
    const wanted = this.args.name ?? {};
    if (this.args.new && wanted.streamline === undefined) {
      throw new ZfsVmError('usage', '--new begins a streamline, and none is named', {
        hint: 'write -n STREAMLINE:VERSION, e.g. -n debian-7:1',
      });
    }
    return { ...wanted, mayBegin: this.args.new };
  }
}

function streamlineOf(dataset: Dataset | undefined): string | undefined {
  return dataset?.snapshots.findLast(isTagged)?.tag.streamline;
}

/** Warns that a member of a tree has a version that the others don't have. */
function describePart({ name }: Dataset, tree: Dataset): string {
  return `warning: ${name} belongs to the tree ${tree.name}, and this is a version of ${name} alone; for one of the whole tree, run "zfs-vm tag -r ${quoteWord(tree.name)}"\n`;
}

/** Reads what `-n` says: `VERSION` or `STREAMLINE:VERSION`. */
function readWanted(text: string): Partial<Tag> {
  const colon = text.indexOf(':');
  const versionText = text.slice(colon + 1);
  const version = parseVersion(versionText);
  const hint = 'write -n VERSION or -n STREAMLINE:VERSION, e.g. -n debian-7:1';
  if (version === undefined) {
    throw new ZfsVmError('usage', `-n ${JSON.stringify(text)}: ${describeVersionFault(versionText)}`, {
      hint,
    });
  }
  if (colon < 0) return { version };
  const streamline = text.slice(0, colon);
  const fault = findStreamlineFault(streamline);
  if (fault !== undefined) throw new ZfsVmError('usage', `-n ${JSON.stringify(text)}: ${fault}`, { hint });
  return { streamline, version };
}

function readNote(note: string): string {
  const fault = findNoteFault(note);
  if (fault === undefined) return note;
  throw new ZfsVmError('usage', `-m can't be: ${fault}`, {
    hint: 'write what the version is about in one line, e.g. -m "with nginx 1.28"',
  });
}

function readTarget(target: string): string {
  if (target.includes('@')) {
    throw new ZfsVmError(
      'usage',
      `${JSON.stringify(target)} is a snapshot; a version is made of a filesystem or volume`,
      { hint: 'leave out what begins with @' },
    );
  }
  // A bare container id may begin with a digit, which a pool may not.
  const fault = findDatasetNameFault(target.includes('/') ? target : `x/${target}`);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `${JSON.stringify(target)} can't be a dataset: ${fault}`, {
      hint: 'name a dataset, e.g. tank/vm/1007, or a container by its id, e.g. 1007',
    });
  }
  return target;
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

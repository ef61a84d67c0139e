import { exitCodes, ZfsVmError } from '../base/errors.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, toggle, value } from '../command-line/option.js';
import { describePart } from '../report/versions/describe-part.js';
import { describeUnchanged } from '../report/versions/describe-unchanged.js';
import { writeProse } from '../report/terminal/wrap.js';
import { describeVersionFault, findStreamlineFault, type Tag } from '../streamline/tag.js';
import { parseVersion } from '../streamline/version.js';
import { tag } from '../tasks/tag/tag.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { findNoteFault } from '../zfs/notes.js';
import { BaseCommand } from './base-command.js';

/** Makes a version: a snapshot with a name that says which streamline and version it is. */
export class TagCommand extends BaseCommand<typeof TagCommand.definition> {
  static readonly definition = defineCommand({
    names: [['tag']],
    description: 'create a version of a filesystem or volume',
    details: `
      Creates a snapshot named \`@zfs-vm:STREAMLINE:VERSION\`. The streamline is that of the newest version of the dataset, or of
      the version it was cloned from. The version follows the newest one of that streamline on this machine: the next number (8
      after 7), the next patch (1.4.1 after 1.4.0), or the next pre-release (2.0.0-rc.2 after 2.0.0-rc.1). A version is a whole
      number (7) or a semantic version (1.4.0).

      If the newest version of a dataset covers a tree, the next version covers the tree again, unless \`--no-recursive\` is
      given. A streamline name that differs from the dataset's is refused without \`--new\`, because it may be a typo. The first
      version of a dataset or of a clone needs no \`--new\`.

      Instead of a dataset, you can give the id or name of a container or VM, as used in the dataset names of Proxmox, Incus,
      LXD, libvirt and OpenVZ.
    `,
    examples: [
      ['Start a streamline', 'tag -n debian-7:1 pool/src/OpenVZ/Instance/1007'],
      ['Create its next version', 'tag 1007'],
      ['Create one version of a whole tree', 'tag -r -n web:1 tank/vm/web'],
      ['Start another streamline on the same dataset', 'tag -n web-2:1 --new tank/vm/web'],
      ['Create a version with a given number', 'tag -n 7 pool/src/OpenVZ/Instance/1007'],
      ['Add a note', 'tag -m "with nginx 1.28" 1007'],
      ['Create no version if nothing has changed', 'tag --if-changed 1007'],
    ],
    options: {
      name: value(['-n', '--name'], {
        ...{ value: '[NAME:]VERSION', kind: 'version', read: readWanted },
        help: 'version, and the streamline if it is new',
      }),
      new: flag(
        ['--new'],
        'start the streamline named by -n on a dataset that belongs to another streamline',
      ),
      message: value(['-m', '--message'], {
        ...{ value: 'NOTE', kind: 'note', read: readNote },
        help: 'one-line note stored with the version',
      }),
      recursive: toggle(['-r', '--recursive'], {
        help: 'include all datasets below it, in one atomic snapshot: one version of the whole tree',
        helpWithout: 'only the dataset itself, even if its newest version covers a tree',
        usual: undefined,
      }),
      ifChanged: flag(['--if-changed'], 'only if data was written since the newest version'),
    },
    operands: {
      target: operand({ name: 'filesystem|container-id', kind: 'container', read: readTarget }),
    },
  });

  override get changesHosts(): boolean {
    return true;
  }

  async execute(): Promise<number> {
    const { new: mayBegin, name, message: note, target, recursive, ifChanged } = this.args;
    const { stdout, stderr } = this.context;
    if (mayBegin && name?.streamline === undefined) {
      throw new ZfsVmError('usage', '--new needs the name of the new streamline', {
        hint: 'add -n STREAMLINE:VERSION, e.g. -n debian-7:1',
      });
    }
    const request = { target, name, mayBegin, note, recursive, ifChanged };
    const result = await tag(request, await this.surround());
    if (result.kind === 'unchanged') {
      if (!this.quiet) stderr.write(`${describeUnchanged(result)}\n`);
      return exitCodes.done;
    }
    if (result.partOf !== undefined) writeProse(stderr, `${describePart(result.dataset, result.partOf)}\n`);
    stdout.write(result.fullNames.map((fullName) => `${fullName}\n`).join(''));
    return exitCodes.done;
  }
}

/** Reads what `-n` says: `VERSION` or `STREAMLINE:VERSION`. */
function readWanted(text: string): Partial<Tag> {
  const colon = text.indexOf(':');
  const versionText = text.slice(colon + 1);
  const version = parseVersion(versionText);
  const hint = 'use -n VERSION or -n STREAMLINE:VERSION, e.g. -n debian-7:1';
  if (version === undefined) {
    throw new ZfsVmError(
      'usage',
      `invalid value for -n: ${JSON.stringify(text)}: ${describeVersionFault(versionText)}`,
      {
        hint,
      },
    );
  }
  if (colon < 0) return { version };
  const streamline = text.slice(0, colon);
  const fault = findStreamlineFault(streamline);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `invalid value for -n: ${JSON.stringify(text)}: ${fault}`, { hint });
  }
  return { streamline, version };
}

function readNote(note: string): string {
  const fault = findNoteFault(note);
  if (fault === undefined) return note;
  throw new ZfsVmError('usage', `-m needs a non-empty note of one line: ${fault}`, {
    hint: 'describe the version in one line, e.g. -m "with nginx 1.28"',
  });
}

function readTarget(target: string): string {
  if (target.includes('@')) {
    throw new ZfsVmError(
      'usage',
      `${JSON.stringify(target)} is a snapshot; tag needs a filesystem or volume`,
      { hint: 'omit the part from @' },
    );
  }
  // A bare container id may begin with a digit, which a pool may not.
  const fault = findDatasetNameFault(target.includes('/') ? target : `x/${target}`);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `invalid dataset name ${JSON.stringify(target)}: ${fault}`, {
      hint: 'give a dataset, e.g. tank/vm/1007, or the id of a container, e.g. 1007',
    });
  }
  return target;
}

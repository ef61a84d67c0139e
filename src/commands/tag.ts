import { exitCodes, ZfsVmError } from '../base/errors.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, toggle, value } from '../command-line/option.js';
import { describePart } from '../report/versions/describe-part.js';
import { describeUnchanged } from '../report/versions/describe-unchanged.js';
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

  override get changesHosts(): boolean {
    return true;
  }

  async execute(): Promise<number> {
    const { new: mayBegin, name, message: note, target, recursive, ifChanged } = this.args;
    const { stdout, stderr } = this.context;
    if (mayBegin && name?.streamline === undefined) {
      throw new ZfsVmError('usage', '--new begins a streamline, and none is named', {
        hint: 'write -n STREAMLINE:VERSION, e.g. -n debian-7:1',
      });
    }
    const request = { target, name, mayBegin, note, recursive, ifChanged };
    const result = await tag(request, await this.surround());
    if (result.kind === 'unchanged') {
      if (!this.quiet) stderr.write(`${describeUnchanged(result)}\n`);
      return exitCodes.done;
    }
    if (result.partOf !== undefined) stderr.write(`${describePart(result.dataset, result.partOf)}\n`);
    stdout.write(result.fullNames.map((fullName) => `${fullName}\n`).join(''));
    return exitCodes.done;
  }
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

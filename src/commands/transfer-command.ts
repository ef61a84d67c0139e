import { Option } from 'clipanion';
import { ZfsVmError } from '../errors.js';
import type { Choice } from '../plan/sources.js';
import { parsePattern } from '../streamline/selection.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { BaseCommand } from './base-command.js';

/** The options of push, pull, and their plans. */
export abstract class TransferCommand extends BaseCommand {
  static transferOptionHelp = [
    [
      '-n, --name PATTERN',
      'only streamlines that fit (debian-7, debian-*), or up to a version (debian-7:12); repeatable',
    ],
    ['    --latest', 'only the newest version of each dataset, in one hop'],
    ['    --all-snapshots', 'every snapshot is a version, whatever it is called; -n then means datasets'],
    ['    --rollback', 'undo what the receiver has after the newest common version'],
    ['    --replace', 'destroy a dataset of the receiver that has nothing in common or is in the way'],
    ['    --yes', 'do not ask before --rollback or --replace destroy something'],
    ['    --dry-run', 'print the plan and do nothing; the same as "plan push" or "plan pull"'],
    ['    --json', 'print the plan as JSON (docs/scripting.md)'],
    ['    --commands', 'print the plan as shell commands'],
  ] as const;

  names = Option.Array('-n,--name', []);

  destination = Option.String('-d,--destination');

  latest = Option.Boolean('--latest', false);

  allSnapshots = Option.Boolean('--all-snapshots', false);

  rollback = Option.Boolean('--rollback', false);

  replace = Option.Boolean('--replace', false);

  yes = Option.Boolean('--yes', false);

  dryRun = Option.Boolean('--dry-run', false);

  json = Option.Boolean('--json', false);

  commands = Option.Boolean('--commands', false);

  host = Option.String({ name: '[user@]host' });

  /** Whether only the plan is wanted. */
  get isPlanOnly(): boolean {
    return this.dryRun || this.path[0] === 'plan';
  }

  /**
   * Which versions are to be sent. Refuses names and options that can't be, before anything is asked of a host.
   * @throws ZfsVmError `usage`
   */
  readChoice(): Choice {
    const { destination, allSnapshots, latest } = this;
    if (!this.isPlanOnly && (this.json || this.commands)) {
      throw new ZfsVmError('usage', '--json and --commands print a plan', { hint: 'add --dry-run' });
    }
    const fault = destination === undefined ? undefined : findDatasetNameFault(destination);
    if (fault !== undefined) {
      throw new ZfsVmError('usage', `-d ${JSON.stringify(destination)} can't be a dataset: ${fault}`);
    }
    const patterns = this.names.map((text) => {
      const pattern = /^[A-Za-z0-9_. :*?/-]*$/.test(text) ? parsePattern(text) : undefined;
      if (pattern !== undefined) return pattern;
      throw new ZfsVmError(
        'usage',
        `-n ${JSON.stringify(text)} can't be a streamline or STREAMLINE:VERSION`,
        {
          hint: 'write -n debian-7, -n "debian-*" or -n debian-7:12',
        },
      );
    });
    return { patterns, latest, allSnapshots };
  }
}

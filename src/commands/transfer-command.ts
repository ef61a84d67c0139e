import { Option } from 'clipanion';
import { ZfsVmError } from '../base/errors.js';
import { parseRate, rateForm } from '../base/rate.js';
import type { TransferRequest } from '../tasks/transfer/options.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { BaseCommand } from './base-command.js';
import { readNumber } from '../command-line/numbers.js';
import { readDatasetPattern, readPattern } from '../command-line/patterns.js';
import { readPropertyOptions } from '../command-line/property-options.js';
import { isWatched } from './tell-transfer.js';

/** The options of push, pull, copy, and their plans. */
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
    [
      '    --set-aside',
      'keep what the receiver has after the newest common version as a dataset beside it, and continue',
    ],
    ['    --delete', 'afterwards, destroy versions of the receiver that the sender no longer has'],
    ['    --yes', 'do not ask before --rollback, --replace or --delete destroy something'],
    ['    --dry-run', 'print the plan and do nothing; the same as "plan" before the command'],
    ['    --json', 'print what happens, or the plan, as JSON (docs/scripting.md)'],
    ['    --commands', 'print the plan as shell commands'],
    ['-j, --jobs N', 'how many streams go side by side (4, of many datasets 8)'],
    ['-o PROPERTY=VALUE', 'set it where streams land, as "zfs receive -o" does; repeatable'],
    ['-x PROPERTY', 'have it inherited there, as "zfs receive -x" does; repeatable'],
    [
      '    --props LIST',
      'new datasets get what these are set to on the sender: names with commas between, or "storage" (docs/usage.md)',
    ],
    ['    --compress', 'compress streams on the way, where both hosts have zstd'],
    ['    --bwlimit RATE', 'no more bytes a second in all, e.g. 500K, 20M'],
    ['    --retries N', 'how often to connect again when a host is lost or busy (3)'],
    ['    --no-bookmark', 'leave no bookmarks on the sender; bases are held instead'],
    ['    --stall-timeout SECONDS', 'give a stream up when nothing moves for so long; 0 for never (600)'],
  ] as const;

  names = Option.Array('-n,--name', []);

  destination = Option.String('-d,--destination');

  latest = Option.Boolean('--latest', false);

  allSnapshots = Option.Boolean('--all-snapshots', false);

  rollback = Option.Boolean('--rollback', false);

  replace = Option.Boolean('--replace', false);

  setAside = Option.Boolean('--set-aside', false);

  delete = Option.Boolean('--delete', false);

  yes = Option.Boolean('--yes', false);

  dryRun = Option.Boolean('--dry-run', false);

  json = Option.Boolean('--json', false);

  commands = Option.Boolean('--commands', false);

  jobs = Option.String('-j,--jobs');

  set = Option.Array('-o', []);

  exclude = Option.Array('-x', []);

  properties = Option.String('--props');

  compress = Option.Boolean('--compress', false);

  bandwidthLimit = Option.String('--bwlimit');

  retries = Option.String('--retries', '3');

  stallTimeout = Option.String('--stall-timeout', '600');

  bookmark = Option.Boolean('--bookmark', true);

  /** Whether only the plan is wanted. */
  get isPlanOnly(): boolean {
    return this.dryRun || this.path[0] === 'plan';
  }

  /**
   * What is to be sent, and how. Refuses names and options that can't be, before anything is asked of a host.
   * @throws ZfsVmError `usage`
   */
  readRequest(): TransferRequest {
    this.#checkOptions();
    const { destination, rollback, replace, setAside, latest, allSnapshots, compress, bookmark } = this;
    const patterns = this.names.map(allSnapshots ? readDatasetPattern : readPattern);
    return {
      choice: { patterns, latest, allSnapshots },
      ...{ destination, rollback, replace, setAside, compress, bookmark, deletesGone: this.delete },
      properties: readPropertyOptions(this.set, this.exclude, this.properties),
      lanes: this.jobs === undefined ? undefined : readNumber('--jobs', this.jobs, { least: 1, example: 4 }),
      bytesPerSecond: this.bandwidthLimit === undefined ? undefined : readRate(this.bandwidthLimit),
      retries: readNumber('--retries', this.retries, { least: 0, example: 3 }),
      stallMs: readNumber('--stall-timeout', this.stallTimeout, { least: 0, example: 600 }) * 1000,
      wantsSizes: isWatched(this.context, this),
    };
  }

  /** @throws ZfsVmError `usage` for options that don't go together */
  #checkOptions(): void {
    const { destination } = this;
    if (!this.isPlanOnly && this.commands) {
      throw new ZfsVmError('usage', '--commands prints a plan', { hint: 'add --dry-run' });
    }
    const ways = [
      ...(this.rollback ? ['--rollback'] : []),
      ...(this.replace ? ['--replace'] : []),
      ...(this.setAside ? ['--set-aside'] : []),
    ];
    if (this.setAside && ways.length > 1) {
      throw new ZfsVmError('usage', `${ways.join(' and ')} exclude each other`, {
        hint: 'use --set-aside to keep what the receiver has, or --rollback and --replace to destroy it',
      });
    }
    if (destination !== undefined) checkDestination(destination);
  }
}

/** Reads `-d`. @throws ZfsVmError `usage` for what can't be a dataset */
export function checkDestination(destination: string): void {
  const fault = findDatasetNameFault(destination);
  if (fault === undefined) return;
  throw new ZfsVmError('usage', `-d ${JSON.stringify(destination)} can't be a dataset: ${fault}`, {
    hint: 'name a place like -d tank/vm',
  });
}

/** Reads `--bwlimit`, in bytes a second. @throws ZfsVmError `usage` */
export function readRate(text: string): number {
  const rate = parseRate(text);
  if (rate !== undefined) return rate;
  throw new ZfsVmError('usage', `--bwlimit ${JSON.stringify(text)} is not a rate`, {
    hint: `write ${rateForm}`,
  });
}

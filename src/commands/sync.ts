import { ZfsVmError } from '../base/errors.js';
import { quoteWord } from '../base/shell.js';
import { defineCommand, hostOperands } from '../command-line/command-definition.js';
import { pick } from '../command-line/option.js';
import { patternsOption, readPattern } from '../command-line/patterns.js';
import { retentionOptions, toRetention } from '../command-line/retention-options.js';
import { destinationOption, fanOutOptions, transferOptions } from '../command-line/transfer-options.js';
import type { VersionPattern } from '../streamline/selection.js';
import { planSync, sync } from '../tasks/sync/sync.js';
import { BaseCommand } from './base-command.js';
import { isPlanOnly } from './plan-only.js';
import { tellSync } from './tell-sync.js';
import { isWatched } from './tell-transfer.js';

/** The options that its push has of the others. */
const pushed = ['lanes', 'compress', 'bytesPerSecond', 'retries'] as const;

/** Makes versions, brings other hosts up to date, and prunes both sides: a whole round, for a schedule. */
export class SyncCommand extends BaseCommand<typeof SyncCommand.definition> {
  static readonly definition = defineCommand({
    names: [['sync'], ['plan', 'sync']],
    description: 'tag changed datasets, push, and prune both sides, for use on a schedule',
    details: `
      Creates the next version of each streamline to which data was written since its newest version, pushes the streamlines to
      the hosts, and then destroys versions that no rule keeps, without asking: on this machine by the rules on the command
      line or else in the configuration file, on a host by the rules configured for that remote. Without rules, nothing is
      destroyed.

      \`plan sync\` and \`--dry-run\` show what a sync would do.

      Each streamline is locked during the run. A streamline that another sync of the same user is working on is left out,
      which counts as a failure. A failed part does not stop the others.
    `,
    examples: [
      ['Run every hour from cron', 'sync --keep-hourly 24 --keep-daily 14 backup'],
      ['Sync two streamlines to two hosts', '-s sync -n debian-7 -n web fjoe@host-1 fjoe@host-2'],
      ['Show what a sync would do', 'plan sync --keep-daily 14 backup'],
    ],
    options: {
      patterns: patternsOption('only matching streamlines (debian-7, debian-*)', readStreamlinePattern),
      destination: destinationOption('there'),
      ...retentionOptions,
      dryRun: {
        ...transferOptions.dryRun,
        help: 'show what would be tagged, sent and destroyed, without doing it',
      },
      ...pick(transferOptions, pushed),
      ...fanOutOptions,
    },
    operands: { hosts: hostOperands({ isRequired: true }) },
    inSynopsis: ['patterns', 'destination', 'keepLast'],
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return this.args.hosts;
  }

  async execute(): Promise<number> {
    const { args } = this;
    const request = {
      ...pick(args, ['hosts', 'destination', 'lagMs', ...pushed]),
      streamlines: args.patterns.map(({ streamline }) => streamline),
      retention: toRetention(args),
      wantsSizes: isWatched(this.context, { json: false }),
    };
    const begin = isPlanOnly(this) ? planSync : sync;
    return tellSync(this, isPlanOnly(this), (surroundings) => begin(request, surroundings));
  }
}

function readStreamlinePattern(text: string): VersionPattern {
  const pattern = readPattern(text);
  if (pattern.upTo === undefined) return pattern;
  throw new ZfsVmError(
    'usage',
    `invalid value for -n: sync creates new versions, so ${JSON.stringify(text)} cannot name one`,
    {
      hint: `use -n ${quoteWord(pattern.streamline)}`,
    },
  );
}

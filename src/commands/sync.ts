import { ZfsVmError } from '../base/errors.js';
import { defineCommand, hostOperands } from '../command-line/command-definition.js';
import { pick } from '../command-line/option.js';
import { patternsOption, readPattern } from '../command-line/patterns.js';
import { retentionOptions, toRetention } from '../command-line/retention-options.js';
import { destinationOption, fanOutOptions, transferOptions } from '../command-line/transfer-options.js';
import type { VersionPattern } from '../streamline/selection.js';
import { planSync, sync } from '../tasks/sync/sync.js';
import { BaseCommand } from './base-command.js';
import { tellSync } from './tell-sync.js';
import { isWatched } from './tell-transfer.js';

/** The options that its push has of the others. */
const pushed = ['lanes', 'compress', 'bytesPerSecond', 'retries'] as const;

/** Makes versions, brings other hosts up to date, and prunes both sides: a whole round, for a schedule. */
export class SyncCommand extends BaseCommand<typeof SyncCommand.definition> {
  static readonly definition = defineCommand({
    names: [['sync'], ['plan', 'sync']],
    description: 'tag what has changed, push, and prune both sides: one line for a schedule',
    details: `
      Makes the next version of each streamline where something was written since the newest one, pushes the streamlines to the
      hosts, and then destroys versions that no rule keeps: on this machine by the rules of the command line, or else of the
      configuration file; on a host by those that the configuration has for this remote. Where there are no rules, nothing is destroyed.

      It never asks: it is made for schedules, and destroys what the rules say. \`plan sync\` and \`--dry-run\` show what it would do.

      Each streamline is locked meanwhile: one that another sync of this user is at work on is left out, which is a failure. A part
      that fails keeps no other from being done.
    `,
    examples: [
      ['Every hour, from cron (docs/schedules.md)', 'sync --keep-hourly 24 --keep-daily 14 backup'],
      ['Two streamlines, to two hosts', '-s sync -n debian-7 -n web fjoe@host-1 fjoe@host-2'],
      ['See what it would do', 'plan sync --keep-daily 14 backup'],
    ],
    options: {
      patterns: patternsOption('only streamlines that fit (debian-7, debian-*)', readStreamlinePattern),
      destination: destinationOption('there'),
      ...retentionOptions,
      dryRun: {
        ...transferOptions.dryRun,
        help: 'show what would be made, sent and destroyed, and do nothing',
      },
      ...pick(transferOptions, pushed),
      ...fanOutOptions,
    },
    operands: { hosts: hostOperands({ isRequired: true }) },
    inSynopsis: ['patterns', 'destination', 'keepLast'],
  });

  override get changesHosts(): boolean {
    return !this.#isPlanOnly;
  }

  get #isPlanOnly(): boolean {
    return this.args.dryRun || this.name[0] === 'plan';
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
    const begin = this.#isPlanOnly ? planSync : sync;
    return tellSync(this, this.#isPlanOnly, (surroundings) => begin(request, surroundings));
  }
}

function readStreamlinePattern(text: string): VersionPattern {
  const pattern = readPattern(text);
  if (pattern.upTo === undefined) return pattern;
  throw new ZfsVmError('usage', `-n ${JSON.stringify(text)} names a version, and a sync makes new ones`, {
    hint: `write -n ${JSON.stringify(pattern.streamline)}`,
  });
}

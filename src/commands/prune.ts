import { exitCodeOfAll } from '../base/errors.js';
import { OutputQueue } from '../base/output-queue.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag, list, pick, readText } from '../command-line/option.js';
import { patternsOption } from '../command-line/patterns.js';
import { retentionOptions, toRetention } from '../command-line/retention-options.js';
import { PruneReport } from '../report/prune/prune-report.js';
import { chooseColors } from '../report/terminal/colors.js';
import { planPrune, prune } from '../tasks/prune/prune.js';
import type { Loss } from '../tasks/loss.js';
import { formatCount } from '../report/quantities.js';
import { askForYes } from './confirm.js';
import { BaseCommand } from './base-command.js';

/** Destroys versions that no rule keeps. */
export class PruneCommand extends BaseCommand<typeof PruneCommand.definition> {
  static readonly definition = defineCommand({
    names: [['prune'], ['plan', 'prune']],
    description: 'destroy versions that no rule keeps',
    details: `
      Shows which versions are destroyed and what that frees, asks, and destroys them. \`--yes\` answers the question; without a terminal and
      \`--yes\`, nothing is destroyed. \`plan prune\` and \`--dry-run\` only show them. A version goes when none of the rules
      keeps it; at least one rule is needed, on the command line or else in the configuration file. Hours, days and so on are those of UTC.

      What always stays: the newest version of each streamline and of each dataset, and what has clones, is held, or is needed by
      an interrupted receive. A version of a tree goes or stays as a whole. Pushes and pulls go on with increments from the bookmarks
      that they leave; name receivers that have none (sent by hand, or with \`--no-bookmark\`) by \`--receiver\`.
    `,
    examples: [
      ['See what would be destroyed', 'plan prune --keep-last 3 --keep-daily 14 --keep-monthly 12'],
      ['Keep the last 30 days of one streamline', 'prune -n debian-7 --keep-within 30d --yes'],
      ['Prune a backup host, with sudo there', '-s prune --keep-weekly 52 --yes fjoe@remote-host'],
    ],
    options: {
      patterns: patternsOption(
        'only of streamlines that fit (debian-7, debian-*), or up to a version (debian-7:12)',
      ),
      ...retentionOptions,
      receivers: list(['--receiver'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'a host that gets its versions from there, and must be able to go on',
      }),
      yes: flag(['--yes'], 'do not ask before versions are destroyed'),
      dryRun: flag(['--dry-run'], 'print the plan and do nothing; the same as "plan" before the command'),
      json: flag(['--json'], 'print JSON (docs/scripting.md)'),
    },
    operands: { host: optionalHostOperand },
    inSynopsis: ['patterns', 'keepLast', 'yes'],
  });

  override get changesHosts(): boolean {
    return !this.#isPlanOnly;
  }

  /** Whether it is only shown. A program that reads JSON can't be asked. */
  get #isPlanOnly(): boolean {
    const { dryRun, json, yes } = this.args;
    return dryRun || this.name[0] === 'plan' || (json && !yes);
  }

  override get namedHosts(): readonly string[] {
    return this.args.host === undefined ? [] : [this.args.host];
  }

  async execute(): Promise<number> {
    const { args, context } = this;
    const { yes, json } = args;
    const { stdout, signal, platform } = context;
    const isDryRun = this.#isPlanOnly;
    const output = new OutputQueue(stdout);
    const report = new PruneReport({
      ...{ output, json, signal, isDryRun, asks: !yes, isPart: false },
      ...{ colors: chooseColors(stdout, context.env), verbose: this.verbose || this.debug },
    });
    const surroundings = await this.surround({
      ...{ handle: report.handle, listsMalformedTags: json },
      confirm: async (losses) => {
        // What goes has been shown by then.
        await output.flush();
        if (!yes) await askForYes(askAbout(losses), { prompter: platform.prompter, signal });
      },
    });
    try {
      const request = { ...pick(args, ['host', 'patterns', 'receivers']), retention: toRetention(args) };
      const { failures } = await (isDryRun ? planPrune : prune)(request, surroundings);
      return exitCodeOfAll(failures);
    } finally {
      await output.flush();
    }
  }
}

/** The question before versions are destroyed. */
function askAbout(losses: readonly Loss[]): string {
  const snapshots = losses.reduce(
    (sum, loss) => sum + (loss.kind === 'deletion' ? loss.destruction.snapshots.length : 0),
    0,
  );
  return `Destroy ${formatCount(snapshots, 'snapshot')} on ${losses[0]?.host ?? ''}? Type "yes" to continue: `;
}

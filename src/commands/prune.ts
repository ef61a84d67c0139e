import { exitCodeOfAll } from '../base/errors.js';
import { OutputQueue } from '../base/output-queue.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag, list, pick, readText } from '../command-line/option.js';
import { patternsOption } from '../command-line/patterns.js';
import { retentionOptions, toRetention } from '../command-line/retention-options.js';
import { PruneReport } from '../report/prune/prune-report.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { planPrune, prune } from '../tasks/prune/prune.js';
import type { Loss } from '../tasks/loss.js';
import { formatCount } from '../report/quantities.js';
import { askForYes } from './confirm.js';
import { transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { isPlanOnly, showCommandThatRuns } from './plan-only.js';

/** Destroys versions that no rule keeps. */
export class PruneCommand extends BaseCommand<typeof PruneCommand.definition> {
  static readonly definition = defineCommand({
    names: [['prune'], ['plan', 'prune']],
    description: 'destroy versions that no retention rule keeps',
    details: `
      Shows which versions no rule keeps and how much space they take, asks, and destroys them. \`--yes\` answers the question;
      without a terminal and \`--yes\`, nothing is destroyed. \`plan prune\` and \`--dry-run\` only show them. At least one rule is
      required, on the command line or in the configuration file. Hours, days, weeks, months and years are in UTC.

      Always kept: the newest version of each streamline and of each dataset, and versions that have clones, are held, or are
      needed by an interrupted receive. A version of a tree is kept or destroyed as a whole. Later pushes and pulls use the
      bookmarks that earlier ones created as bases; name receivers without such bookmarks (sent manually or with
      \`--no-bookmark\`) with \`--receiver\`.
    `,
    examples: [
      ['Show what would be destroyed', 'plan prune --keep-last 3 --keep-daily 14 --keep-monthly 12'],
      ['Keep the last 30 days of one streamline', 'prune -n debian-7 --keep-within 30d'],
      ['Prune a backup host, using sudo there', '-s prune --keep-weekly 52 fjoe@remote-host'],
      ['The same from a timer, where nobody can answer', '-s prune --keep-weekly 52 --yes fjoe@remote-host'],
    ],
    options: {
      patterns: patternsOption(
        'only matching streamlines (debian-7, debian-*), or versions up to one (debian-7:12)',
      ),
      ...retentionOptions,
      receivers: list(['--receiver'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'a host that receives versions from HOST; keep the bases of its next increments',
      }),
      yes: flag(['--yes'], 'do not ask before destroying versions'),
      dryRun: transferOptions.dryRun,
      json: flag(['--json'], 'print JSON'),
    },
    operands: { host: optionalHostOperand },
    inSynopsis: ['patterns', 'keepLast', 'yes'],
  });

  override get changesHosts(): boolean {
    return !this.#isPlanOnly;
  }

  /** Whether it is only shown. A program that reads JSON can't be asked. */
  get #isPlanOnly(): boolean {
    const { json, yes } = this.args;
    return isPlanOnly(this) || (json && !yes);
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
      commandThatRuns: showCommandThatRuns(this.words, this.name),
      ...{
        colors: chooseColors(stdout, context.env),
        width: findWidth(stdout),
        verbose: this.verbose || this.debug,
      },
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

import { retentionFor } from '../config/config.js';
import { ZfsVmError } from '../base/errors.js';
import type { Retention } from '../plan/retention.js';
import { patternsOption } from '../command-line/patterns.js';
import { localName } from '../config/config.js';
import { checkKept, checkPatterns } from '../tasks/check-request.js';
import { Hosts } from '../tasks/hosts.js';
import { preparePrune } from './prune-host.js';
import { PruneRun } from './prune-run.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag, list, readText } from '../command-line/option.js';
import { BaseCommand } from './base-command.js';
import { retentionOptions, toRetention } from '../command-line/retention-options.js';

/** Destroys versions that no rule keeps. */
export class PruneCommand extends BaseCommand<typeof PruneCommand.definition> {
  static readonly definition = defineCommand({
    names: [['prune']],
    description: 'destroy versions that no rule keeps',
    details: `
      Shows which versions would go, and what that frees; with \`--yes\` it destroys them. A version goes when none of the rules
      keeps it; at least one rule is needed, on the command line or else in the configuration file. Hours, days and so on are those of UTC.

      What always stays: the newest version of each streamline and of each dataset, and what has clones, is held, or is needed by
      an interrupted receive. A version of a tree goes or stays as a whole. Pushes and pulls go on with increments from the bookmarks
      that they leave; name receivers that have none (sent by hand, or with \`--no-bookmark\`) by \`--receiver\`.
    `,
    examples: [
      ['See what would go', 'prune --keep-last 3 --keep-daily 14 --keep-monthly 12'],
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
      yes: flag(['--yes'], 'destroy them; without it, they are only shown'),
      json: flag(['--json'], 'print JSON (docs/scripting.md)'),
    },
    operands: { host: optionalHostOperand },
    inSynopsis: ['patterns', 'keepLast', 'yes'],
  });

  async execute(): Promise<number> {
    const { context, debug, verbose } = this;
    const { signal, places } = context;
    const { patterns, yes, json } = this.args;
    const surroundings = await this.surround({ listsMalformedTags: json });
    const named = toRetention(this.args);
    const retentionOf = named === undefined ? await this.#findConfigured() : (): Retention => named;
    return Hosts.use(surroundings, async (hosts) => {
      const [endpoint, receivers] = await Promise.all([
        hosts.open(this.args.host ?? localName),
        Promise.all(this.args.receivers.map((name) => hosts.open(name))),
      ]);
      const nowSeconds = places.clock.dateMs() / 1000;
      const choice = { patterns, retentionOf, receivers, nowSeconds, signal };
      const prepared = await preparePrune(endpoint, choice);
      const { inventory } = prepared;
      const hostName = endpoint.host.name;
      surroundings.emit({ kind: 'malformed-tags', host: hostName, malformedTags: inventory.malformedTags });
      checkPatterns({ patterns }, hostName, inventory.datasets, { mayBePruned: true });
      if (named !== undefined) checkKept(named, hostName, inventory.datasets);
      return new PruneRun({ context, debug, verbose, yes, json }, endpoint, prepared).run();
    });
  }

  /** What the configuration says of a streamline. @throws ZfsVmError `usage` when it says nothing of any */
  async #findConfigured(): Promise<(streamline: string) => Retention | undefined> {
    const { retentions, remotes } = await this.readConfig();
    const own = remotes.get(this.args.host ?? localName)?.retentions ?? [];
    const rules = own.length > 0 ? own : retentions;
    if (rules.length > 0) return (streamline) => retentionFor(rules, streamline);
    throw new ZfsVmError('usage', 'nothing says which versions are kept', {
      hint: 'give at least one rule, e.g. --keep-last 3, or write them into the configuration file',
    });
  }
}

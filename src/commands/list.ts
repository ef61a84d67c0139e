import { exitCodes, ZfsVmError } from '../base/errors.js';
import { writeAll } from '../base/write-all.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag, list, readText } from '../command-line/option.js';
import { patternsOption } from '../command-line/patterns.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { formatLineages, formatLineagesAsDot } from '../report/versions/lineage-text.js';
import { describeLeftOutNotes, describeNoVersions } from '../report/versions/list-notices.js';
import { formatListAsJson } from '../report/versions/list-json.js';
import { formatVersionLines, formatVersionTable } from '../report/versions/version-table.js';
import type { TaskEvent } from '../tasks/event.js';
import { list as listVersions } from '../tasks/list/list.js';
import { listLineages } from '../tasks/list/list-lineages.js';
import { BaseCommand } from './base-command.js';

/** Shows which versions a host has. */
export class ListCommand extends BaseCommand<typeof ListCommand.definition> {
  static readonly definition = defineCommand({
    names: [['list']],
    description: 'show which versions a host has',
    details: `
      Shows every snapshot named \`@zfs-vm:STREAMLINE:VERSION\`, by streamline, oldest version first. Snapshots whose
      names begin like that and are no versions are reported on stderr, with the reason. Times are UTC. On a terminal, long names
      and notes are cut to its width; \`-H\` and \`--json\` print all of them. \`-v\` adds the GUIDs.

      \`-H\` prints a line for each version, without titles, for scripts. Its fields are separated by tabs: streamline, version,
      dataset, number of tree members, time, size, GUID, origin of a clone, state (\`set-aside\`), note; \`-\` stands for nothing.
    `,
    examples: [
      ['Show what this machine has', 'list'],
      ['Show what another host has, with sudo there', '-s list fjoe@remote-host'],
      ['Show one streamline', 'list -n debian-7'],
      ['The same for scripts, with bytes and seconds since 1970', 'list -H -p -n debian-7'],
      ['Draw what was cloned from what', 'list --tree'],
      ['The same, and how far the backup host is', 'list --tree --also-on backup'],
      ['As JSON', 'list --json fjoe@remote-host'],
    ],
    options: {
      patterns: patternsOption(
        'only streamlines that fit (debian-7, debian-*), or up to a version (debian-7:12)',
      ),
      isScripted: flag(['-H', '--no-header'], 'for scripts: no titles, fields separated by tabs'),
      isExact: flag(['-p', '--parsable'], 'exact numbers: bytes, and seconds since 1970'),
      isTree: flag(['--tree'], 'draw what was cloned from what, a line for each dataset'),
      isDot: flag(['--dot'], 'print the same as a graph for Graphviz'),
      alsoOn: list(['--also-on'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'with --tree or --dot: also show the newest version that this host has of each dataset',
      }),
      json: flag(['--json'], 'print JSON (docs/reference/json.md)'),
    },
    operands: { host: optionalHostOperand },
    inSynopsis: ['patterns', 'isScripted', 'isExact', 'json'],
  });

  async execute(): Promise<number> {
    const { host, patterns, isScripted, isExact, isTree, isDot, json } = this.args;
    this.#checkForms();
    const { stdout, stderr, env, signal } = this.context;
    if (isTree || isDot) return this.#listLineages();
    const handle = (event: TaskEvent): void => {
      if (event.kind === 'notes-left-out') stderr.write(`${describeLeftOutNotes(event.host)}\n`);
    };
    const result = await listVersions(
      { host, patterns },
      await this.surround({ handle, listsMalformedTags: json }),
    );
    if (json) {
      await writeAll(stdout, formatListAsJson(result), signal);
      return exitCodes.done;
    }
    if (result.streamlines.length === 0) stderr.write(`${describeNoVersions(result.host)}\n`);
    const text = isScripted
      ? formatVersionLines(result.streamlines, { isExact })
      : formatVersionTable(result.streamlines, {
          ...{ colors: chooseColors(stdout, env), withGuids: this.verbose, isExact },
          width: findWidth(stdout),
        });
    await writeAll(stdout, text, signal);
    return exitCodes.done;
  }

  /** Prints what was cloned from what. */
  async #listLineages(): Promise<number> {
    const { host, patterns, isDot, alsoOn } = this.args;
    const { stdout, stderr, env, signal } = this.context;
    const lineages = await listLineages({ host, patterns, alsoOn }, await this.surround());
    if (lineages.nodes.length === 0) stderr.write(`${describeNoVersions(lineages.host)}\n`);
    const options = { colors: chooseColors(stdout, env), width: findWidth(stdout) };
    const lines = isDot ? formatLineagesAsDot(lineages) : formatLineages(lineages, options);
    await writeAll(
      stdout,
      lines.map((line) => `${line}\n`),
      signal,
    );
    return exitCodes.done;
  }

  /** @throws ZfsVmError `usage` for options that don't go together */
  #checkForms(): void {
    const { isScripted, isExact, isTree, isDot, alsoOn, json } = this.args;
    if (alsoOn.length > 0 && !isTree && !isDot) {
      throw new ZfsVmError('usage', '--also-on needs --tree or --dot', {
        hint: 'to list the versions of another host, run "zfs-vm list HOST"; to compare hosts, "zfs-vm status HOST"',
      });
    }
    if (json && (isScripted || isExact)) {
      throw new ZfsVmError('usage', '--json does not go with -H and -p', {
        hint: 'JSON has exact numbers already: leave out -H and -p',
      });
    }
    if ([isTree, isDot, json, isScripted].filter(Boolean).length > 1) {
      throw new ZfsVmError('usage', '--tree, --dot, --json and -H exclude each other', {
        hint: 'use one of them',
      });
    }
  }
}

import { exitCodes } from '../base/errors.js';
import { writeAll } from '../base/write-all.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { describeLeftOutNotes, describeNoVersions } from '../report/versions/list-notices.js';
import { formatListAsJson } from '../report/versions/list-json.js';
import { formatVersionTable } from '../report/versions/version-table.js';
import type { TaskEvent } from '../tasks/event.js';
import { list } from '../tasks/list/list.js';
import { BaseCommand } from './base-command.js';

/** Shows which versions a host has. */
export class ListCommand extends BaseCommand<typeof ListCommand.definition> {
  static readonly definition = defineCommand({
    names: [['list']],
    description: 'show which versions a host has',
    details: `
      Shows every snapshot named \`@zfs-vm:STREAMLINE:VERSION\`, by streamline, oldest version first. Snapshots whose
      names begin like that and are no versions are told on stderr, with why. Times are UTC. A note is cut to the width of
      the terminal; --json has all of it. \`-v\` adds the GUIDs.
    `,
    examples: [
      ['Show what this machine has', 'list'],
      ['Show what another host has, with sudo there', '-s list fjoe@remote-host'],
      ['The same for scripts', 'list --json fjoe@remote-host'],
    ],
    options: { json: flag(['--json'], 'print JSON (docs/scripting.md)') },
    operands: { host: optionalHostOperand },
  });

  async execute(): Promise<number> {
    const { host, json } = this.args;
    const { stdout, stderr, env, signal } = this.context;
    const handle = (event: TaskEvent): void => {
      if (event.kind === 'notes-left-out') stderr.write(`${describeLeftOutNotes(event.host)}\n`);
    };
    const result = await list({ host }, await this.surround({ handle, listsMalformedTags: json }));
    if (json) {
      await writeAll(stdout, formatListAsJson(result), signal);
      return exitCodes.done;
    }
    if (result.streamlines.length === 0) stderr.write(`${describeNoVersions(result.host)}\n`);
    const table = formatVersionTable(result.streamlines, {
      ...{ colors: chooseColors(stdout, env), withGuids: this.verbose },
      width: findWidth(stdout),
    });
    await writeAll(stdout, table, signal);
    return exitCodes.done;
  }
}

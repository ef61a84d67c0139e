import { exitCodeOfAll } from '../base/errors.js';
import { defineCommand, hostOperands, operand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { readVersionName } from '../command-line/version-name.js';
import { formatShownAsJson } from '../report/show/show-json.js';
import { formatShown } from '../report/show/show-text.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { describeLeftOutNotes } from '../report/versions/list-notices.js';
import type { TaskEvent } from '../tasks/event.js';
import { show } from '../tasks/show/show.js';
import { BaseCommand } from './base-command.js';

/** Shows all there is to know of a version. */
export class ShowCommand extends BaseCommand<typeof ShowCommand.definition> {
  static readonly definition = defineCommand({
    names: [['show']],
    description: 'show where a version is, and details of it',
    details: `
      Shows the version (the newest one, if none is named): when it was made, its GUID and note, and each dataset that has it, with
      its size, what destroying its snapshot alone would free (USED), holds and clones. Copies are found by the GUID, so a snapshot
      that was renamed is found, too, and another snapshot of the same name is marked.

      Only this machine is asked, unless hosts are named, or \`--remotes\` is given: then all remotes of the configuration are.
      Of a tree, sizes are sums; \`-v\` shows each member.
    `,
    examples: [
      ['Show the newest version of a streamline', 'show debian-7'],
      ['Show which remotes have a version', 'show --remotes debian-7:12'],
      ['Ask one host, with sudo there', '-s show debian-7:12 fjoe@remote-host'],
    ],
    options: {
      asksRemotes: flag(['--remotes'], 'ask all remotes of the configuration'),
      json: flag(['--json'], 'print JSON (docs/reference/json.md)'),
    },
    operands: {
      name: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      hosts: hostOperands({ isRequired: false }),
    },
  });

  async execute(): Promise<number> {
    const { name, hosts, asksRemotes, json } = this.args;
    const { stdout, stderr, env, platform } = this.context;
    const handle = (event: TaskEvent): void => {
      if (event.kind === 'notes-left-out') stderr.write(`${describeLeftOutNotes(event.host)}\n`);
    };
    const result = await show({ name, hosts, asksRemotes }, await this.surround({ handle }));
    const options = {
      ...{ colors: chooseColors(stdout, env), verbose: this.verbose, width: findWidth(stdout) },
      nowSeconds: platform.clock.dateMs() / 1000,
    };
    stdout.write(json ? formatShownAsJson(result) : formatShown(result, options));
    const errors = result.hosts.flatMap((host) => (host.kind === 'failed' ? [host.error] : []));
    for (const error of errors) this.complain(error);
    return exitCodeOfAll(errors);
  }
}

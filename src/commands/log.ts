import { exitCodes } from '../base/errors.js';
import { writeAll } from '../base/write-all.js';
import { defineCommand } from '../command-line/command-definition.js';
import { wholeNumber } from '../command-line/numbers.js';
import { flag, value } from '../command-line/option.js';
import { formatRunsAsJson } from '../report/log/log-json.js';
import { formatRuns } from '../report/log/log-text.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { BaseCommand } from './base-command.js';

/** Shows what runs did. */
export class LogCommand extends BaseCommand<typeof LogCommand.definition> {
  static readonly definition = defineCommand({
    names: [['log']],
    description: 'show what earlier runs did',
    details: `
      Shows the last runs of this user on this machine that changed something, or tried to, the newest one last: when it started, the
      command and its hosts, how long it took, how it ended, and what it did. \`-v\` shows the whole command line, and what each
      receiver got.

      \`killed\` is a run that was killed, or whose machine went down. The log is kept in
      ~/.local/state/zfs-vm/log (in $XDG_STATE_HOME/zfs-vm/log if that is set), at most 2 MiB; older runs are dropped.
    `,
    examples: [
      ['Show the last runs', 'log'],
      ['Show the last one in full', 'log -v -n 1'],
      ['For scripts', 'log --json -n 100'],
    ],
    options: {
      count: value(['-n', '--lines'], {
        ...{ value: 'N', kind: 'number', usual: '20', read: wholeNumber({ least: 1, example: 20 }) },
        help: 'how many runs are shown',
      }),
      json: flag(['--json'], 'print JSON (docs/reference/json.md)'),
    },
    operands: {},
  });

  async execute(): Promise<number> {
    const { count, json } = this.args;
    const { stdout, stderr, env, signal, runJournal } = this.context;
    const runs = (await runJournal.read()).slice(-count);
    if (runs.length === 0 && !json) stderr.write('the log is empty: no run has changed anything yet\n');
    const options = {
      ...{ colors: chooseColors(stdout, env), verbose: this.verbose, width: findWidth(stdout) },
    };
    await writeAll(stdout, [json ? formatRunsAsJson(runs) : formatRuns(runs, options)], signal);
    return exitCodes.done;
  }
}

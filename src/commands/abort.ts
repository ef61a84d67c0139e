import { exitCodeOfAll } from '../base/errors.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { patternsOption } from '../command-line/patterns.js';
import { describeDropped, describeNoneInterrupted } from '../report/abort-text.js';
import { abort } from '../tasks/abort/abort.js';
import { formatTagShort } from '../streamline/tag.js';
import type { TaskEvent } from '../tasks/event.js';
import { BaseCommand } from './base-command.js';

/** Drops what interrupted receives have left. */
export class AbortCommand extends BaseCommand<typeof AbortCommand.definition> {
  static readonly definition = defineCommand({
    names: [['abort']],
    description: 'discard interrupted receives',
    details: `
      An interrupted push or pull keeps the data that was received, so that the next run can resume it. This command discards
      that data: a dataset that was being created is removed; any other dataset stays as it was before. Only receives of
      versions are discarded, never those of other programs. The command lists them and asks for confirmation first.
    `,
    examples: [
      ['Discard all on this machine', 'abort'],
      [
        'Discard those of one streamline on another host, using sudo there',
        '-s abort -n debian-7 fjoe@remote-host',
      ],
    ],
    options: {
      patterns: patternsOption('only matching streamlines (debian-7, debian-*)'),
      yes: flag(['--yes'], 'do not ask for confirmation'),
    },
    operands: { host: optionalHostOperand },
  });

  override get changesHosts(): boolean {
    return true;
  }

  override get namedHosts(): readonly string[] {
    return this.args.host === undefined ? [] : [this.args.host];
  }

  async execute(): Promise<number> {
    const { host, patterns, yes } = this.args;
    const { stdout } = this.context;
    const handle = (event: TaskEvent): void => {
      if (event.kind !== 'partial-dropped') return;
      stdout.write(`${describeDropped(event)}\n`);
      this.noteDone(`aborted ${formatTagShort(event.tag)} in ${event.dataset}`);
    };
    const result = await abort({ host, patterns }, await this.surround({ handle, isConfirmed: yes }));
    if (result.count === 0) stdout.write(`${describeNoneInterrupted(result.host)}\n`);
    return exitCodeOfAll(result.failures);
  }
}

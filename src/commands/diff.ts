import { exitCodes } from '../base/errors.js';
import { joinPieces } from '../base/write-all.js';
import { defineCommand, operand, optionalOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { readVersionName } from '../command-line/version-name.js';
import { describeDiffEvent, formatDiffResult } from '../report/versions/diff-report.js';
import { diff, type DiffEnd } from '../tasks/diff/diff.js';
import type { TaskEvent } from '../tasks/event.js';
import { BaseCommand } from './base-command.js';

/** Shows what changed from one version to another. */
export class DiffCommand extends BaseCommand<typeof DiffCommand.definition> {
  static readonly definition = defineCommand({
    names: [['diff']],
    description: 'show what changed between versions',
    details: `
      Counts what was added, removed, modified and renamed from the first version to the second, and tells how much was
      written and how large the increment is. Without a second version, it compares with what the dataset contains now;
      name a dataset to compare with what is there, e.g. in a clone. Of a tree, each member is compared. Of a volume, the
      bytes are told.
    `,
    examples: [
      ['Compare two versions', 'diff debian-7:1 debian-7:2'],
      ['See what would be in the next version', 'diff --list debian-7:2'],
      ['See what was changed in a clone', 'diff debian-7:2 tank/work/1007'],
    ],
    options: {
      list: flag(['--list'], 'every path that changed'),
      json: flag(['--json'], 'print JSON; with --list, a line for each path (docs/scripting.md)'),
    },
    operands: {
      from: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      to: optionalOperand({ name: 'NAME:VERSION|DATASET', kind: 'version', read: readOther }),
    },
  });

  async execute(): Promise<number> {
    const { args } = this;
    const { stdout } = this.context;
    const print = (lines: readonly string[]): void => {
      for (const piece of joinPieces(lines.map((line) => `${line}\n`))) stdout.write(piece);
    };
    const handle = (event: TaskEvent): void => {
      print(describeDiffEvent(event, args));
    };
    const result = await diff(args, await this.surround({ handle }));
    stdout.write(formatDiffResult(result, args));
    return result.compared.some(({ failure }) => failure !== undefined) ? exitCodes.failed : exitCodes.done;
  }
}

function readOther(text: string): DiffEnd {
  const isVersion = text.includes(':') && !text.includes('/');
  return isVersion ? { kind: 'version', name: readVersionName(text) } : { kind: 'dataset', dataset: text };
}

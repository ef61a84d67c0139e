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
    description: 'show what changed between two versions',
    details: `
      Counts the paths that were added, removed, modified and renamed between two versions, and shows how much was written and
      the size of the increment. Without a second version, the first is compared with the current content of its dataset; to
      compare with the current content of a clone, name that dataset. For a tree, each member is compared. For a volume, only
      sizes are shown.
    `,
    examples: [
      ['Compare two versions', 'diff debian-7:1 debian-7:2'],
      ['Show what the next version would contain', 'diff --list debian-7:2'],
      ['Show what was changed in a clone', 'diff debian-7:2 tank/work/1007'],
    ],
    options: {
      list: flag(['--list'], 'list every changed path'),
      json: flag(['--json'], 'print JSON; with --list, one line per path'),
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

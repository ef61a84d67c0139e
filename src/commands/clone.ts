import { exitCodeOfAll, worstExitCode, ZfsVmError } from '../base/errors.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, onlyBeside, pick, readText, value } from '../command-line/option.js';
import { setOption } from '../command-line/property-options.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { readVersionName } from '../command-line/version-name.js';
import { describeMade } from '../report/versions/clone-text.js';
import { describeClonedPart } from '../report/versions/describe-part.js';
import { writeProse } from '../report/terminal/wrap.js';
import { clone, type CloneResult } from '../tasks/clone/clone.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { BaseCommand } from './base-command.js';
import { isWatched, openReports, statusOfOutcome } from './tell-transfer.js';

/** The options that its pull has of the others. */
const pulled = ['compress', 'bytesPerSecond', 'retries'] as const;

/** What is wrong where there is nothing to pull from. */
const besideFrom = {
  option: '--from',
  describeFault: (names: readonly string[]) =>
    `${names.join(', ')} ${names.length === 1 ? 'applies' : 'apply'} only with --from`,
  hint: 'add --from with the host that has the version, e.g. --from fjoe@remote-host',
};

/** Makes a working copy of a version. */
export class CloneCommand extends BaseCommand<typeof CloneCommand.definition> {
  static readonly definition = defineCommand({
    names: [['clone']],
    description: 'create a writable clone of a version',
    details: `
      Clones a version (by default the newest) to a new dataset on this machine, in the same pool. A filesystem is mounted,
      unless its mountpoint contains files or another filesystem: then nothing is cloned. "tag" on the clone continues the
      streamline, and a push sends it as a clone. For a version of a tree, all members are cloned below the new dataset. No
      data is copied: the clone shares its blocks with the version.
    `,
    examples: [
      ['Clone the newest version', 'clone debian-7 tank/work/1007'],
      [
        'Clone an older version and mount it elsewhere',
        'clone -o mountpoint=/srv/old debian-7:3 tank/work/old',
      ],
      [
        'Pull the version from another host first',
        '-s clone --from fjoe@remote-host debian-7:12 tank/work/1007',
      ],
    ],
    options: {
      set: setOption('set PROPERTY on the clone'),
      parents: flag(['-p', '--parents'], 'create missing parent filesystems; they are never mounted'),
      from: value(['--from'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'first pull what is missing of the version from this host',
      }),
      ...onlyBeside(besideFrom, {
        destination: destinationOption('here'),
        ...pick(transferOptions, pulled),
      }),
    },
    operands: {
      name: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      target: operand({ name: 'DATASET', kind: 'dataset', read: readTarget }),
    },
  });

  override get changesHosts(): boolean {
    return true;
  }

  override get namedHosts(): readonly string[] {
    return this.args.from === undefined ? [] : [this.args.from];
  }

  async execute(): Promise<number> {
    const { name, set, from: host, target, parents } = this.args;
    const transfer = pick(this.args, ['destination', ...pulled]);
    const wantsSizes = isWatched(this.context, { json: false });
    const from = host === undefined ? undefined : { host, ...transfer, wantsSizes };
    const reports = openReports(this, { json: false, isPlanOnly: false });
    try {
      const surroundings = await this.surround({ handle: reports.handle });
      const result = await clone({ name, target, set, parents, from }, surroundings);
      // What is told of the transfer ends before anything else is told.
      reports.close();
      return this.#tell(result);
    } finally {
      reports.close();
    }
  }

  #tell(result: CloneResult): number {
    const { stdout, stderr } = this.context;
    if (result.kind === 'not-pulled') {
      stderr.write(`clone ${this.args.target} not created: the pull was incomplete\n`);
      return worstExitCode(result.outcomes.map(statusOfOutcome));
    }
    for (const dataset of result.made) stdout.write(`${describeMade(dataset)}\n`);
    if (result.made.length > 0) this.noteDone(`created ${this.args.target}`);
    if (result.part !== undefined) writeProse(stderr, `${describeClonedPart(result.part)}\n`);
    for (const failure of result.failures) this.complain(failure);
    if (result.notMade.length > 0) stderr.write(`not created: ${result.notMade.join(', ')}\n`);
    return exitCodeOfAll(result.failures);
  }
}

function readTarget(text: string): string {
  const fault = findDatasetNameFault(text);
  if (fault === undefined) return text;
  throw new ZfsVmError('usage', `invalid dataset name ${JSON.stringify(text)}: ${fault}`, {
    hint: 'give the name of the new dataset, e.g. tank/work/1007',
  });
}

import { exitCodeOfAll, exitCodes, worstExitCode, ZfsVmError } from '../base/errors.js';
import { writeAll } from '../base/write-all.js';
import { quoteCommand } from '../base/shell.js';
import { defineCommand, operand, optionalOperand } from '../command-line/command-definition.js';
import { flag, onlyBeside, pick, readText, value } from '../command-line/option.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { formatVersionName, readVersionName } from '../command-line/version-name.js';
import { chooseColors } from '../report/terminal/colors.js';
import { describeRestored, describeUndoing, formatRestorePlan } from '../report/versions/restore-text.js';
import { writeProse } from '../report/terminal/wrap.js';
import {
  planRestorePull,
  planRestoring,
  restore,
  type RestoreRequest,
  type RestoreResult,
} from '../tasks/restore/restore.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { BaseCommand } from './base-command.js';
import { isPlanOnly } from './plan-only.js';
import { isWatched, openReports, statusOfOutcome, tellPlans } from './tell-transfer.js';

/** The options that its pull has of the others. */
const pulled = ['compress', 'bytesPerSecond', 'retries'] as const;

const besideFrom = {
  option: '--from',
  describeFault: (names: readonly string[]) => `${names.join(', ')} needs --from`,
  hint: 'add the host that has the version, e.g. --from fjoe@remote-host',
};

/** Brings a version back. */
export class RestoreCommand extends BaseCommand<typeof RestoreCommand.definition> {
  static readonly definition = defineCommand({
    names: [['restore'], ['plan', 'restore']],
    description: 'bring a version back, and keep what is there now',
    details: `
      Without DATASET, or with one that comes from the version, restores in place: the dataset is renamed to NAME-set-aside-TIME with everything
      below it, and the version takes its place, with the history up to it, the same properties and the same mountpoint. Later versions, and what
      was written since, stay in what was set aside. A filesystem that is in use is left as it is: stop the container or VM first, and
      always stop a VM that has the volume open.

      With a DATASET that does not exist, the version becomes that dataset, as with "clone". Nothing is ever destroyed.

      With \`--from\`, what is missing of the version is pulled from that host first. A dataset that was not on this machine is
      mounted then, and will be at the next boot. It becomes DATASET; without that, it gets the name that its copy has there.
    `,
    examples: [
      ['Bring the newest version back, and set aside what was changed since', 'restore debian-7'],
      ['Go back to an older version', 'restore debian-7:3 tank/vm/1007'],
      ['See what that would do', 'plan restore debian-7:3 tank/vm/1007'],
      ['Restore to a new dataset', 'restore debian-7:3 tank/vm/1007-old'],
      [
        'Bring back from a backup host what is lost here',
        '-s restore --from fjoe@backup-host debian-7 tank/vm/1007',
      ],
    ],
    options: {
      parents: flag(['-p', '--parents'], 'create missing filesystems above a new dataset'),
      dryRun: transferOptions.dryRun,
      from: value(['--from'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'pull what is missing of the version from this host first',
      }),
      ...onlyBeside(besideFrom, {
        destination: destinationOption('here'),
        ...pick(transferOptions, pulled),
      }),
    },
    operands: {
      name: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      target: optionalOperand({ name: 'DATASET', kind: 'dataset', read: readTarget }),
    },
    inSynopsis: ['dryRun', 'from'],
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return this.args.from === undefined ? [] : [this.args.from];
  }

  async execute(): Promise<number> {
    const { name, target, from: host, parents } = this.args;
    const transfer = pick(this.args, ['destination', ...pulled]);
    const wantsSizes = isWatched(this.context, { json: false });
    const from = host === undefined ? undefined : { host, ...transfer, wantsSizes };
    const request = { name, target, parents, from };
    if (isPlanOnly(this)) return this.#plan(request);
    const reports = openReports(this, { json: false, isPlanOnly: false });
    try {
      const result = await restore(request, await this.surround({ handle: reports.handle }));
      reports.close();
      return this.#tell(result);
    } finally {
      reports.close();
    }
  }

  /** Prints what would be pulled, and what would be done with what is here. */
  async #plan({ from, ...request }: RestoreRequest): Promise<number> {
    const { stdout, env, signal } = this.context;
    if (from !== undefined) {
      const telling = { json: false, commands: false, yes: false };
      return tellPlans(this, telling, (surroundings) => planRestorePull({ ...request, from }, surroundings));
    }
    const planned = await planRestoring(request, await this.surround());
    const lines = formatRestorePlan(planned, chooseColors(stdout, env));
    await writeAll(
      stdout,
      lines.map((line) => `${line}\n`),
      signal,
    );
    return exitCodes.done;
  }

  #tell(result: RestoreResult): number {
    const { stdout, stderr } = this.context;
    if (result.kind === 'not-pulled') {
      stderr.write('nothing was restored: the pull was incomplete\n');
      return worstExitCode(result.outcomes.map(statusOfOutcome));
    }
    for (const line of describeRestored(result)) writeProse(stdout, `${line}\n`);
    if (result.kind === 'unchanged') return exitCodes.done;
    const [name = ''] =
      result.kind === 'new' ? [this.args.target] : result.datasets.map((dataset) => dataset.name);
    this.noteDone(`restored ${formatVersionName(this.args.name)} as ${name}`);
    if (result.kind === 'new' || result.kind === 'received') {
      for (const failure of result.failures) this.complain(failure);
      return exitCodeOfAll(result.failures);
    }
    // Not wrapped: each line is to be pasted.
    for (const line of describeUndoing(result)) stdout.write(`${line}\n`);
    const unmounted = result.datasets.filter(
      ({ wantsMount, mountedAt }) => wantsMount && mountedAt === undefined,
    );
    for (const { name } of unmounted) {
      this.complain(
        new ZfsVmError('failed', `${name} was restored, but could not be mounted`, {
          hint: quoteCommand(['zfs', 'mount', name]),
        }),
      );
    }
    return unmounted.length > 0 ? exitCodes.failed : exitCodes.done;
  }
}

function readTarget(text: string): string {
  const fault = findDatasetNameFault(text);
  if (fault === undefined) return text;
  throw new ZfsVmError('usage', `${JSON.stringify(text)} is no dataset name: ${fault}`, {
    hint: 'name a dataset, e.g. tank/vm/1007',
  });
}

import { exitCodeOfAll, exitCodes, ZfsVmError } from '../base/errors.js';
import { showCommand } from '../base/shell.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { list, readText } from '../command-line/option.js';
import { formatVersionName, readVersionName } from '../command-line/version-name.js';
import { describeRenameObstacle, describeRenaming } from '../report/retag/describe-retag.js';
import { planRenaming, rename, type RenameResult } from '../tasks/retag/rename.js';
import { transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { isPlanOnly } from './plan-only.js';

/** Renames a version or a streamline. */
export class RenameCommand extends BaseCommand<typeof RenameCommand.definition> {
  static readonly definition = defineCommand({
    names: [['rename'], ['plan', 'rename']],
    description: 'rename a streamline or a version',
    details: `
      Renames the snapshots of all versions of a streamline on this machine, or of one version. With \`--also-on\`, also on other hosts, where
      the snapshots are found by their GUIDs.

      Versions are matched by GUID, so pushes and pulls continue after a rename. Rename a streamline on all hosts that have it, though: otherwise they
      list it under both names, and each push has to read all that such a host has.

      A version keeps its place in the order: its new version must lie between those before and after it in the dataset. A snapshot that is held is not
      renamed. If one snapshot cannot be renamed, none is, on any host.
    `,
    examples: [
      ['Rename a streamline here and on the backup host', 'rename --also-on backup web website'],
      ['Correct a version', 'rename debian-7:13 debian-7:12'],
      ['See what would be renamed', 'plan rename web website'],
    ],
    options: {
      alsoOn: list(['--also-on'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'rename it on this host, too',
      }),
      dryRun: transferOptions.dryRun,
    },
    operands: {
      from: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      to: operand({ name: 'NEW[:VERSION]', kind: 'version', read: readVersionName }),
    },
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return this.args.alsoOn;
  }

  async execute(): Promise<number> {
    const { from, to, alsoOn } = this.args;
    if (from.version === undefined && to.version !== undefined) {
      throw new ZfsVmError('usage', 'a streamline cannot become a version', {
        hint: `name the version that is renamed, e.g. ${showCommand('zfs-vm', 'rename', `${from.streamline}:1`, `${to.streamline}:${to.version.text}`)}`,
      });
    }
    const surroundings = await this.surround();
    const result = await (isPlanOnly(this) ? planRenaming : rename)({ from, to, alsoOn }, surroundings);
    return this.#tell(result);
  }

  #tell({ hosts, isRefused, renamed, failures }: RenameResult): number {
    const { stdout, stderr } = this.context;
    if (isRefused) {
      for (const { host, plan } of hosts) {
        for (const obstacle of plan.obstacles) {
          const { summary, hint } = describeRenameObstacle(obstacle, host);
          this.complain(new ZfsVmError('conflict', `${summary}; nothing was renamed`, { hint }));
        }
      }
      return exitCodes.conflict;
    }
    const word = isPlanOnly(this) ? 'would rename' : 'renamed';
    for (const { host, plan } of hosts) {
      const told = isPlanOnly(this) ? plan.renamings : (renamed.get(host) ?? []);
      for (const renaming of told) stdout.write(`${word} ${describeRenaming(renaming, host)}\n`);
      if (plan.renamings.length === 0) stderr.write(`nothing to rename on ${host}\n`);
    }
    if ([...renamed.values()].some((renamings) => renamings.length > 0)) {
      const { from, to } = this.args;
      this.noteDone(`renamed ${formatVersionName(from)} to ${formatVersionName(to)}`);
    }
    for (const failure of failures) this.complain(failure);
    return exitCodeOfAll(failures);
  }
}

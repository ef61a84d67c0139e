import { exitCodeOfAll, exitCodes, ZfsVmError } from '../base/errors.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, list, readText } from '../command-line/option.js';
import { readVersionName } from '../command-line/version-name.js';
import { formatBytes } from '../report/quantities.js';
import { describeUntagObstacle, nameOn } from '../report/retag/describe-retag.js';
import { fullNameOf } from '../streamline/dataset.js';
import type { TaskEvent } from '../tasks/event.js';
import { planUntagging, untag, type HostUntag, type UntagResult } from '../tasks/retag/untag.js';
import { transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { isPlanOnly } from './plan-only.js';

/** Destroys a version, or all versions of a streamline. */
export class UntagCommand extends BaseCommand<typeof UntagCommand.definition> {
  static readonly definition = defineCommand({
    names: [['untag'], ['plan', 'untag']],
    description: 'destroy a version or all versions of a streamline',
    details: `
      Destroys the snapshots of a version, or of all versions of a streamline, on this machine, after showing them and asking; of a tree,
      those of all members. With \`--also-on\`, also on other hosts, where the snapshots are found by their GUIDs. The datasets stay; a
      dataset that is marked as a copy, and whose newest snapshot goes, goes back to the one before, so that it can be continued.

      A version is not destroyed if it has clones, is held, or is needed by an interrupted receive. Nor is the newest version of a dataset
      that was sent (a push leaves a bookmark of it), unless its copy on this machine or on a host of \`--also-on\` loses it, too: the next version
      would get the same name. If one snapshot cannot be destroyed, none is, on any host. Older versions that a host still needs as a base are
      replaced by the bookmark that the push left. To destroy versions by rules, use "prune".
    `,
    examples: [
      ['Destroy a version that was made by mistake', 'untag debian-7:13'],
      ['Destroy it on the backup host, too', 'untag --also-on backup debian-7:13'],
      ['See what would be destroyed', 'plan untag debian-7:13'],
      ['Destroy all versions of a streamline that was created by mistake', 'untag debain-7'],
    ],
    options: {
      alsoOn: list(['--also-on'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'destroy it on this host, too',
      }),
      yes: flag(['--yes'], 'do not ask'),
      dryRun: transferOptions.dryRun,
    },
    operands: { name: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }) },
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return this.args.alsoOn;
  }

  async execute(): Promise<number> {
    const { name, alsoOn, yes } = this.args;
    const { stdout } = this.context;
    const handle = (event: TaskEvent): void => {
      if (event.kind !== 'destroyed') return;
      for (const snapshot of event.destruction.snapshots) {
        stdout.write(`destroyed ${nameOn(event.host, fullNameOf(snapshot))}\n`);
      }
    };
    const request = { name, alsoOn };
    const surroundings = await this.surround({ handle, isConfirmed: yes });
    const result = await (isPlanOnly(this) ? planUntagging : untag)(request, surroundings);
    return this.#tell(result);
  }

  #tell({ hosts, isRefused, failures }: UntagResult): number {
    const { stdout } = this.context;
    if (isRefused) {
      for (const { host, plan } of hosts) {
        for (const obstacle of plan.obstacles) {
          const { summary, hint } = describeUntagObstacle(obstacle, host);
          this.complain(new ZfsVmError('conflict', `${summary}; nothing was destroyed`, { hint }));
        }
      }
      return exitCodes.conflict;
    }
    for (const failure of failures) this.complain(failure);
    if (isPlanOnly(this)) for (const host of hosts) stdout.write(formatPlan(host));
    return exitCodeOfAll(failures);
  }
}

function formatPlan({ host, plan, reclaim }: HostUntag): string {
  const lines = plan.destructions.map((destruction) => {
    const size = reclaim.get(destruction);
    const frees = typeof size === 'number' ? `, which frees ${formatBytes(size)}` : '';
    return `would destroy ${destruction.snapshots.map((each) => nameOn(host, fullNameOf(each))).join(', ')}${frees}\n`;
  });
  const rollbacks = [...plan.rollbacks.values()].map(
    ({ dataset, to }) => `would roll back the copy ${nameOn(host, dataset)} to ${to}\n`,
  );
  return lines.length > 0 ? [...lines, ...rollbacks].join('') : `nothing to destroy on ${host}\n`;
}

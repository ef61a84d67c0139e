import { exitCodeOfAll, exitCodes, ZfsVmError } from '../base/errors.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, list, readText } from '../command-line/option.js';
import { formatBytes } from '../report/quantities.js';
import { describeUntagObstacle, nameOn } from '../report/retag/describe-retag.js';
import { fullNameOf } from '../streamline/dataset.js';
import { readShortTag, type Tag } from '../streamline/tag.js';
import type { TaskEvent } from '../tasks/event.js';
import { planUntagging, untag, type HostUntag, type UntagResult } from '../tasks/retag/untag.js';
import { transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { isPlanOnly } from './plan-only.js';

/** Destroys a version. */
export class UntagCommand extends BaseCommand<typeof UntagCommand.definition> {
  static readonly definition = defineCommand({
    names: [['untag'], ['plan', 'untag']],
    description: 'destroy one version',
    details: `
      Destroys the snapshots of a version on this machine, after showing them and asking; of a tree, those of all members. With
      \`--also-on\`, also on other hosts, where the version is found by its GUID.

      A version is not destroyed if it has clones, is held, or is needed by an interrupted receive. Nor is the newest version of a dataset
      that was sent to another host (a push leaves a bookmark of it), unless \`--also-on\` names a host that has it: the next version would get the same
      name. If one snapshot cannot be destroyed, none is, on any host. Older versions that a host still needs as a base are
      replaced by the bookmark that the push left. To destroy versions by rules, use "prune".
    `,
    examples: [
      ['Destroy a version that was made by mistake', 'untag debian-7:13'],
      ['Destroy it on the backup host, too', 'untag --also-on backup debian-7:13'],
      ['See what would be destroyed', 'plan untag debian-7:13'],
    ],
    options: {
      alsoOn: list(['--also-on'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'destroy it on this host, too',
      }),
      yes: flag(['--yes'], 'do not ask'),
      dryRun: transferOptions.dryRun,
    },
    operands: { tag: operand({ name: 'NAME:VERSION', kind: 'version', read: readTagOperand }) },
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return this.args.alsoOn;
  }

  async execute(): Promise<number> {
    const { tag, alsoOn, yes } = this.args;
    const { stdout } = this.context;
    const handle = (event: TaskEvent): void => {
      if (event.kind !== 'destroyed') return;
      for (const snapshot of event.destruction.snapshots) {
        stdout.write(`destroyed ${nameOn(event.host, fullNameOf(snapshot))}\n`);
      }
    };
    const request = { tag, alsoOn };
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
  return lines.length > 0 ? lines.join('') : `nothing to destroy on ${host}\n`;
}

function readTagOperand(text: string): Tag {
  const reading = readShortTag(text);
  if (reading.kind === 'tag') return reading.tag;
  throw new ZfsVmError('usage', `${JSON.stringify(text)} is not a version: ${reading.reason}`, {
    hint: 'write NAME:VERSION, e.g. debian-7:12',
  });
}

import { defineCommand, hostOperand } from '../command-line/command-definition.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { planPull, pull, type PullRequest } from '../tasks/transfer/pull.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { isPlanOnly } from './plan-only.js';
import { toTransferRequest } from './transfer-request.js';

/** Brings this host up to date with another one. */
export class PullCommand extends BaseCommand<typeof PullCommand.definition> {
  static readonly definition = defineCommand({
    names: [['pull'], ['plan', 'pull']],
    description: 'receive missing versions from another host',
    details: `
      Receives every version that this machine lacks, each as the smallest possible increment; a full stream is received only
      for streamlines that this machine does not have yet. Increments go to the dataset that holds the streamline on this
      machine. A new dataset gets the same name as on the remote host, or is created under the dataset given with \`-d\`.

      New filesystems are not mounted, neither now nor at boot (\`canmount=noauto\`). To mount a filesystem after a restore, run
      \`zfs set canmount=on DATASET\` and \`zfs mount DATASET\`.
    `,
    examples: [
      ['Pull all versions from a host', 'pull fjoe@remote-host'],
      ['Pull all versions, using sudo on the remote host', '-s pull fjoe@remote-host'],
      [
        'Pull one streamline, under tank/vm if it is new on this machine',
        'pull -n debian-7 -d tank/vm fjoe@remote-host',
      ],
      ['Show what a pull would do', 'plan pull fjoe@remote-host'],
    ],
    options: {
      destination: destinationOption('here'),
      ...transferOptions,
    },
    operands: { host: hostOperand },
    inSynopsis: ['patterns', 'destination'],
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return [this.args.host];
  }

  async execute(): Promise<number> {
    const { args } = this;
    const request: PullRequest = toTransferRequest(this, args);
    return isPlanOnly(this)
      ? tellPlans(this, args, (surroundings) => planPull(request, surroundings))
      : tellTransfer(this, args, (surroundings) => pull(request, surroundings));
  }
}

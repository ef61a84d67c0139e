import { defineCommand, hostOperand } from '../command-line/command-definition.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { planPull, pull } from '../tasks/transfer/pull.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { isPlanOnly, toTransferRequest } from './transfer-request.js';

/** Brings this host up to date with another one. */
export class PullCommand extends BaseCommand<typeof PullCommand.definition> {
  static readonly definition = defineCommand({
    names: [['pull'], ['plan', 'pull']],
    description: 'bring this host up to date',
    details: `
      Fetches every version that this host lacks, each as the smallest increment, and the whole content only where this
      host has nothing of a streamline. Increments go to the dataset where this host keeps the streamline; a new dataset
      gets the name it has there, or goes under the one given with \`-d\`.

      A new filesystem is not mounted, now or at the next boot (\`canmount=noauto\`): after a restore, \`zfs set canmount=on DATASET\` and
      \`zfs mount DATASET\` mount it.
    `,
    examples: [
      ['Pull all versions from a host', 'pull fjoe@remote-host'],
      ['Pull them with sudo there', '-s pull fjoe@remote-host'],
      [
        'Pull one streamline, under tank/vm if it is new here',
        'pull -n debian-7 -d tank/vm fjoe@remote-host',
      ],
      ['See what a pull would do', 'plan pull fjoe@remote-host'],
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
    const request = { ...toTransferRequest(this), host: args.host };
    return isPlanOnly(this)
      ? tellPlans(this, args, (surroundings) => planPull(request, surroundings))
      : tellTransfer(this, args, (surroundings) => pull(request, surroundings));
  }
}

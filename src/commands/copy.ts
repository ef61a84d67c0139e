import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { copy, planCopy } from '../tasks/transfer/copy.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { isPlanOnly, toTransferRequest } from './transfer-request.js';

/** Brings one host up to date with another, both of them seen from here. */
export class CopyCommand extends BaseCommand<typeof CopyCommand.definition> {
  static readonly definition = defineCommand({
    names: [['copy'], ['plan', 'copy']],
    description: 'bring one host up to date with another',
    details: `
      Sends every version of the first host that the second one lacks, as a push from the one to the other would. The streams go
      through this machine, which needs no ZFS; with \`--direct\`, they go from the one to the other, and so does all that is
      asked of the second: then tohost is the address that fromhost knows it by, and fromhost must get in without a question.

      A host is an SSH address, or \`local\` for this machine. With \`-s\`, zfs is run through sudo on both. The same host twice
      copies within it (then \`-d\` is needed).
    `,
    examples: [
      ['Copy all versions from one host to another', 'copy root@old-host root@new-host'],
      [
        'The same with sudo on both, new ones under tank/vm',
        '-s copy -d tank/vm fjoe@old-host fjoe@new-host',
      ],
      ['Let the hosts do it among themselves', 'copy --direct root@old-host root@new-host'],
      ['See what a copy would do', 'plan copy root@old-host root@new-host'],
    ],
    options: {
      destination: destinationOption('on tohost'),
      isDirect: flag(
        ['--direct'],
        'fromhost sends to tohost by its own ssh, and nothing comes along this machine',
      ),
      ...transferOptions,
    },
    operands: {
      from: operand({ name: 'fromhost', kind: 'host', read: (text) => text }),
      to: operand({ name: 'tohost', kind: 'host', read: (text) => text }),
    },
    inSynopsis: ['patterns', 'destination', 'isDirect'],
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return [this.args.from, this.args.to];
  }

  async execute(): Promise<number> {
    const { args } = this;
    const { from, to, isDirect } = args;
    const request = { ...toTransferRequest(this), from, to, isDirect };
    return isPlanOnly(this)
      ? tellPlans(this, args, (surroundings) => planCopy(request, surroundings))
      : tellTransfer(this, args, (surroundings) => copy(request, surroundings));
  }
}

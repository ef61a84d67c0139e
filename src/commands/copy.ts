import { Command, Option } from 'clipanion';
import { copy, planCopy } from '../tasks/transfer/copy.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { TransferCommand } from './transfer-command.js';

/** Brings one host up to date with another, both of them seen from here. */
export class CopyCommand extends TransferCommand {
  static names = [['copy'], ['plan', 'copy']];

  static synopsis = 'copy [-n PATTERN]... [-d PLACE] [--direct] [OPTION]... fromhost tohost';

  static optionHelp = [
    ['-d, --destination PLACE', 'the dataset on tohost under which new ones go'],
    ['    --direct', 'fromhost sends to tohost by its own ssh, and nothing comes along this machine'],
    ...TransferCommand.transferOptionHelp,
  ] as const;

  static override usage = Command.Usage({
    description: 'bring one host up to date with another',
    details: `
      Sends every version of the first host that the second one lacks, as a push from the one to the other would. The streams go
      through this machine, which needs no ZFS; with \`--direct\`, they go from the one to the other, and so does all that is
      asked of the second: then tohost is the address that fromhost knows it by, and fromhost must get in without a question.

      A host is an SSH address, or \`local\` for this machine. With \`-s\`, zfs is run through sudo on both. The same host twice
      copies within it (then \`-d\` is needed).
    `,
    examples: [
      ['Copy all versions from one host to another', '$0 copy root@old-host root@new-host'],
      [
        'The same with sudo on both, new ones under tank/vm',
        '$0 -s copy -d tank/vm fjoe@old-host fjoe@new-host',
      ],
      ['Let the hosts do it among themselves', '$0 copy --direct root@old-host root@new-host'],
      ['See what a copy would do', '$0 plan copy root@old-host root@new-host'],
    ],
  });

  direct = Option.Boolean('--direct', false);

  fromHost = Option.String({ name: 'fromhost' });

  toHost = Option.String({ name: 'tohost' });

  async execute(): Promise<number> {
    const { fromHost: from, toHost: to, direct: isDirect } = this;
    const request = { ...this.readRequest(), from, to, isDirect };
    return this.isPlanOnly
      ? tellPlans(this, this, 1, (surroundings) => planCopy(request, surroundings))
      : tellTransfer(this, this, (surroundings) => copy(request, surroundings));
  }
}

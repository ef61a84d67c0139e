import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { copy, planCopy, type CopyRequest } from '../tasks/transfer/copy.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { isPlanOnly } from './plan-only.js';
import { toTransferRequest } from './transfer-request.js';

/** Brings one host up to date with another, both of them seen from here. */
export class CopyCommand extends BaseCommand<typeof CopyCommand.definition> {
  static readonly definition = defineCommand({
    names: [['copy'], ['plan', 'copy']],
    description: 'send missing versions from one host to another',
    details: `
      Sends every version that the first host has and the second lacks, like a push from one to the other. The streams pass
      through this machine, which needs no ZFS. With \`--direct\`, the first host connects to the second with its own ssh, for
      all commands and data: then tohost is an address as fromhost knows it, and the login must need no interaction.

      A host is an SSH address, or \`local\` for this machine. With \`-s\`, sudo is used on both hosts. If both hosts are the
      same, versions are copied within that host; this needs \`-d\`.
    `,
    examples: [
      ['Copy all versions from one host to another', 'copy root@old-host root@new-host'],
      [
        'Use sudo on both hosts; create new datasets under tank/vm',
        '-s copy -d tank/vm fjoe@old-host fjoe@new-host',
      ],
      ['Send directly from one host to the other', 'copy --direct root@old-host root@new-host'],
      ['Show what a copy would do', 'plan copy root@old-host root@new-host'],
    ],
    options: {
      destination: destinationOption('on tohost'),
      isDirect: flag(
        ['--direct'],
        'fromhost connects to tohost with its own ssh; no data passes through this machine',
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
    const request: CopyRequest = toTransferRequest(this, args);
    return isPlanOnly(this)
      ? tellPlans(this, args, (surroundings) => planCopy(request, surroundings))
      : tellTransfer(this, args, (surroundings) => copy(request, surroundings));
  }
}

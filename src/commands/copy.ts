import { Command, Option } from 'clipanion';
import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { checkCopyDestination } from './check-request.js';
import { localName, type Hosts } from './hosts.js';
import { TransferCommand } from './transfer-command.js';
import { transfer } from './transfer.js';

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
    const { remotes } = await this.readConfig();
    const [from, to] = [remotes.get(this.fromHost), remotes.get(this.toHost)];
    const destination = this.destination ?? to?.destination;
    const rates = [from, to].flatMap((remote) => remote?.bytesPerSecond ?? []);
    // A stream that doesn't come along here can't be slowed down here.
    const bytesPerSecond = rates.length === 0 || this.direct ? undefined : Math.min(...rates);
    this.#check(destination);
    return transfer(this, { destination, bytesPerSecond }, (hosts) => {
      const sender = hosts.open(this.fromHost);
      return { sender, receiver: this.#openReceiver(hosts, sender), receiverName: this.toHost };
    });
  }

  #openReceiver(hosts: Hosts, sender: Promise<Endpoint>): Promise<Endpoint> {
    if (this.fromHost === this.toHost) return sender;
    return this.direct ? hosts.openVia(sender, this.toHost) : hosts.open(this.toHost);
  }

  /** @throws ZfsVmError `usage` for what can't be */
  #check(destination: string | undefined): void {
    const { fromHost, toHost, direct, bandwidthLimit } = this;
    if (fromHost === toHost) checkCopyDestination(destination, [fromHost]);
    if (!direct) return;
    if (fromHost === localName || toHost === localName) {
      throw new ZfsVmError('usage', '--direct is for two other hosts: with this one, nothing is in between', {
        hint: 'leave it out',
      });
    }
    if (bandwidthLimit !== undefined) {
      throw new ZfsVmError(
        'usage',
        '--bwlimit slows down what comes along this machine, and --direct lets nothing come',
        {
          hint: 'leave one of them out',
        },
      );
    }
  }
}

import { Command, Option } from 'clipanion';
import { ZfsVmError } from '../base/errors.js';
import { localName } from './hosts.js';
import { TransferCommand } from './transfer-command.js';
import { routeTo } from './route.js';
import { transfer } from './transfer.js';

/** Brings this host up to date with another one. */
export class PullCommand extends TransferCommand {
  static names = [['pull'], ['plan', 'pull']];

  static synopsis = 'pull [-n PATTERN]... [-d PLACE] [OPTION]... [user@]host';

  static optionHelp = [
    ['-d, --destination PLACE', 'the dataset here under which new ones go'],
    ...TransferCommand.transferOptionHelp,
  ] as const;

  static override usage = Command.Usage({
    description: 'bring this host up to date',
    details: `
      Fetches every version that this host lacks, each as the smallest increment, and the whole content only where this
      host has nothing of a streamline. Increments go to the dataset where this host keeps the streamline; a new dataset
      gets the name it has there, or goes under the one given with \`-d\`.
    `,
    examples: [
      ['Pull all versions from a host', '$0 pull fjoe@remote-host'],
      ['Pull them with sudo there', '$0 -s pull fjoe@remote-host'],
      [
        'Pull one streamline, under tank/vm if it is new here',
        '$0 pull -n debian-7 -d tank/vm fjoe@remote-host',
      ],
      ['See what a pull would do', '$0 plan pull fjoe@remote-host'],
    ],
  });

  host = Option.String({ name: '[user@]host' });

  async execute(): Promise<number> {
    if (this.host === localName) {
      throw new ZfsVmError('usage', 'a pull from this machine to itself has no direction', {
        hint: `copy within this machine with "zfs-vm push -d PLACE ${localName}"`,
      });
    }
    const { bytesPerSecond } = routeTo(await this.readConfig(), this.host, undefined);
    return transfer(this, { destination: this.destination, bytesPerSecond }, (hosts) => ({
      sender: hosts.open(this.host),
      receiver: Promise.resolve(hosts.openLocal()),
      receiverName: localName,
    }));
  }
}

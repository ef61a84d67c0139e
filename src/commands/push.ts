import { Command, Option } from 'clipanion';
import { ZfsVmError } from '../errors.js';
import { localName } from './hosts.js';
import { TransferCommand } from './transfer-command.js';
import { transfer } from './transfer.js';

/** Brings another host up to date with this one. */
export class PushCommand extends TransferCommand {
  static override paths = [['push'], ['plan', 'push']];

  static synopsis = 'push [-n PATTERN]... [-d PLACE] [OPTION]... [user@]host';

  static optionHelp = [
    ['-d, --destination PLACE', 'the dataset there under which new ones go'],
    ...TransferCommand.transferOptionHelp,
  ] as const;

  static override usage = Command.Usage({
    description: 'bring another host up to date',
    details: `
      Sends every version that the host lacks, each as the smallest increment, and the whole content only where the host
      has nothing of a streamline. Increments go to the dataset where the host keeps the streamline; a new dataset gets
      the name it has here, or goes under the one given with \`-d\`.

      The host is an SSH address, or \`local\` to copy within this machine (then \`-d\` is needed).
    `,
    examples: [
      ['Push all versions to a host', '$0 push fjoe@remote-host'],
      ['Push them with sudo there, new ones under tank/vm', '$0 -s push -d tank/vm fjoe@remote-host'],
      ['Push one streamline only', '$0 push -n debian-7 fjoe@remote-host'],
      ['See what a push would do', '$0 plan push fjoe@remote-host'],
      ['Keep a copy on another pool of this machine', '$0 push -d tank/backup local'],
    ],
  });

  host = Option.String({ name: '[user@]host' });

  async execute(): Promise<number> {
    if (this.host === localName && this.destination === undefined) {
      throw new ZfsVmError('usage', 'a push to this machine needs a place', {
        hint: 'name it with -d, e.g. -d tank/backup',
      });
    }
    const remote = (await this.readConfig()).remotes.get(this.host);
    const route = {
      destination: this.destination ?? remote?.destination,
      bytesPerSecond: remote?.bytesPerSecond,
    };
    return transfer(this, route, (hosts) => {
      const sender = Promise.resolve(hosts.openLocal());
      const receiver = this.host === localName ? sender : hosts.open(this.host);
      return { sender, receiver, receiverName: this.host };
    });
  }
}

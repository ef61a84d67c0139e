import { Command, Option } from 'clipanion';
import { ZfsVmError } from '../errors.js';
import { BaseCommand } from './base-command.js';
import { localName } from './hosts.js';
import { transfer } from './transfer.js';

/** Brings another host up to date with this one. */
export class PushCommand extends BaseCommand {
  static override paths = [['push']];

  static synopsis = 'push [-n NAME]... [-d PLACE] [user@]host';

  static optionHelp = [
    ['-n, --name NAME', 'only this streamline (may be given several times)'],
    ['-d, --destination PLACE', 'the dataset there under which new ones go'],
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
      ['Keep a copy on another pool of this machine', '$0 push -d tank/backup local'],
    ],
  });

  names = Option.Array('-n,--name', []);

  destination = Option.String('-d,--destination', {
    description: 'The dataset there under which new ones go',
  });

  host = Option.String({ name: '[user@]host' });

  async execute(): Promise<number> {
    if (this.host === localName && this.destination === undefined) {
      throw new ZfsVmError('usage', 'a push to this machine needs a place', {
        hint: 'name it with -d, e.g. -d tank/backup',
      });
    }
    return transfer(this, {
      streamlines: this.names,
      destination: this.destination,
      openSides: async (hosts) => {
        const sender = hosts.openLocal();
        return { sender, receiver: this.host === localName ? sender : await hosts.open(this.host) };
      },
    });
  }
}

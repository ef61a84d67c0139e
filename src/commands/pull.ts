import { Command, Option } from 'clipanion';
import { planPull, pull } from '../tasks/transfer/pull.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { TransferCommand } from './transfer-command.js';

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
    const request = { ...this.readRequest(), host: this.host };
    return this.isPlanOnly
      ? tellPlans(this, this, 1, (surroundings) => planPull(request, surroundings))
      : tellTransfer(this, this, (surroundings) => pull(request, surroundings));
  }
}

import { Command, Option } from 'clipanion';
import { findReceivers, planPush, push } from '../tasks/transfer/push.js';
import { readNumber } from '../command-line/numbers.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { TransferCommand } from './transfer-command.js';

/** Brings other hosts up to date with this one. */
export class PushCommand extends TransferCommand {
  static names = [['push'], ['plan', 'push']];

  static synopsis = 'push [-n PATTERN]... [-d PLACE] [OPTION]... [user@]host...';

  static optionHelp = [
    ['-d, --destination PLACE', 'the dataset there under which new ones go'],
    ...TransferCommand.transferOptionHelp,
    ['    --fan-out-lag SECONDS', 'for how long hosts may wait for a slower one, in all (30)'],
  ] as const;

  static override usage = Command.Usage({
    description: 'bring other hosts up to date',
    details: `
      Sends every version that the host lacks, each as the smallest increment, and the whole content only where the host
      has nothing of a streamline. Increments go to the dataset where the host keeps the streamline; a new dataset gets
      the name it has here, or goes under the one given with \`-d\`.

      A host is an SSH address, or \`local\` to copy within this machine (then \`-d\` is needed). Several are served side by
      side: what more than one of them needs is read once, and sent to all. One that is slower than the others holds them back
      only for \`--fan-out-lag\`; then it goes on alone, as does one that fails.
    `,
    examples: [
      ['Push all versions to a host', '$0 push fjoe@remote-host'],
      ['Push them with sudo there, new ones under tank/vm', '$0 -s push -d tank/vm fjoe@remote-host'],
      ['Push one streamline only', '$0 push -n debian-7 fjoe@remote-host'],
      ['See what a push would do', '$0 plan push fjoe@remote-host'],
      ['Push to several hosts, reading everything once', '$0 push fjoe@host-1 fjoe@host-2 fjoe@host-3'],
      ['Keep a copy on another pool of this machine', '$0 push -d tank/backup local'],
    ],
  });

  fanOutLag = Option.String('--fan-out-lag', '30');

  hosts = Option.Rest({ name: '[user@]host', required: 1 });

  async execute(): Promise<number> {
    const request = {
      ...this.readRequest(),
      lagMs: readNumber('--fan-out-lag', this.fanOutLag, { least: 0, example: 30 }) * 1000,
      hosts: this.hosts,
    };
    if (!this.isPlanOnly) return tellTransfer(this, this, (surroundings) => push(request, surroundings));
    const { length } = findReceivers(request, { config: await this.readConfig() });
    return tellPlans(this, this, length, (surroundings) => planPush(request, surroundings));
  }
}

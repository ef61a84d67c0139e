import { defineCommand, hostOperands } from '../command-line/command-definition.js';
import {
  destinationOption,
  fanOutOptions,
  relayOption,
  transferOptions,
} from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { planPush, push, type PushRequest } from '../tasks/transfer/push.js';
import { tellPlans, tellTransfer } from './tell-transfer.js';
import { isPlanOnly } from './plan-only.js';
import { toTransferRequest } from './transfer-request.js';

/** Brings other hosts up to date with this one. */
export class PushCommand extends BaseCommand<typeof PushCommand.definition> {
  static readonly definition = defineCommand({
    names: [['push'], ['plan', 'push']],
    description: 'send missing versions to other hosts',
    details: `
      Sends every version that the host lacks, each as the smallest possible increment; a full stream is sent only for
      streamlines that the host does not have yet. Increments go to the dataset that holds the streamline on that host. A new
      dataset gets the same name as on this machine, or is created under the dataset given with \`-d\`.

      A host is an SSH address, or \`local\` to copy within this machine (this needs \`-d\`). Several hosts are served in
      parallel: data that several of them need is read once and sent to all. A slower host delays the others by at most
      \`--fan-out-lag\`; then it continues separately, as does a host that fails. With \`--relay\`, this machine sends to one
      host at a time, and each host that has received everything sends it to the next one with its own ssh: for many hosts
      behind one uplink.
    `,
    examples: [
      ['Push all versions to a host', 'push fjoe@remote-host'],
      [
        'Push all versions, using sudo on the remote host; create new datasets under tank/vm',
        '-s push -d tank/vm fjoe@remote-host',
      ],
      ['Push one streamline only', 'push -n debian-7 fjoe@remote-host'],
      ['Show what a push would do', 'plan push fjoe@remote-host'],
      ['Push to several hosts, reading each version once', 'push fjoe@host-1 fjoe@host-2 fjoe@host-3'],
      ['Push to many hosts, which serve each other', 'push --relay host-1 host-2 host-3 host-4'],
      ['Keep a copy in another pool of this machine', 'push -d tank/backup local'],
    ],
    options: {
      destination: destinationOption('there'),
      ...transferOptions,
      ...fanOutOptions,
      relay: relayOption,
    },
    operands: { hosts: hostOperands({ isRequired: true }) },
    inSynopsis: ['patterns', 'destination'],
  });

  override get changesHosts(): boolean {
    return !isPlanOnly(this);
  }

  override get namedHosts(): readonly string[] {
    return this.args.hosts;
  }

  async execute(): Promise<number> {
    const { args } = this;
    const request: PushRequest = toTransferRequest(this, args);
    return isPlanOnly(this)
      ? tellPlans(this, args, (surroundings) => planPush(request, surroundings))
      : tellTransfer(this, args, (surroundings) => push(request, surroundings));
  }
}

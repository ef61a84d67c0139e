import { dirname } from 'node:path';
import type { Client } from '../test/lab/client.js';
import type { Lab } from '../test/lab/lab.js';
import { quoteArgv } from '../test/lab/quote.js';
import type { Addresses } from './contenders.js';

/** Where the contenders run. */
export interface Vantage {
  readonly client: Client;
  readonly addresses: Addresses;
  /** Sets the round trip between those that talk to each other; 0 for no more than there is anyway. */
  readonly setRoundTrip: (milliseconds: number) => Promise<void>;
}

/** On host a, which sends to host b. All that they do is done by an emulated processor. */
export async function makeInsideVantage(lab: Lab): Promise<Vantage> {
  const [sender, receiver] = [lab.host('a'), lab.host('b')];
  await lab.deploy(sender);
  // A first start reads its program from the disk, which none of those that are measured should have to do.
  await sender.run('zfs-vm --version; ssh root@b zfs version; syncoid --version; mbuffer --version', {
    check: false,
  });
  return {
    client: sender,
    addresses: { sender: undefined, receiver: 'root@b' },
    setRoundTrip: async (milliseconds) => {
      // Each of them delays what it sends.
      for (const host of [sender, receiver]) await host.setLink({ delayMs: milliseconds / 2 });
    },
  };
}

/** On this machine, between host a and host b. Its syncoid is that of host a, with the module that it needs. */
export async function makeOutsideVantage(lab: Lab): Promise<Vantage> {
  const [sender, receiver] = [lab.host('a'), lab.host('b')];
  const client = await lab.makeOutsideClient(sender);
  const copy = async (path: string, name: string): Promise<string> =>
    client.addFile(name, (await sender.run(['cat', path])).stdout);
  const program = await copy('/usr/sbin/syncoid', 'syncoid.pl');
  const module = await copy('/usr/share/perl5/Capture/Tiny.pm', 'perl/Capture/Tiny.pm');
  const words = quoteArgv([`PERL5LIB=${dirname(dirname(module))}`, 'perl', program]);
  await client.addFile('bin/syncoid', `#!/bin/sh\nexec env ${words} "$@"\n`);
  await client.run('zfs-vm --version; syncoid --version; ssh root@a zfs version; ssh root@b zfs version', {
    check: false,
  });
  return {
    client,
    addresses: { sender: 'root@a', receiver: 'root@b' },
    setRoundTrip: async (milliseconds) => {
      // This machine delays nothing.
      for (const host of [sender, receiver]) await host.delayOutside(milliseconds);
    },
  };
}

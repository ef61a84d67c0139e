/**
 * `npm run demo`: the main job on two real hosts, each command shown with what it printed. The hosts stay, to be played with.
 */
import { findLab, startLab, type Lab } from './lab.js';
import type { LabHost } from './lab-host.js';

const labName = 'demo';

/** A part of the demo: what it shows, and the commands that a person would type on host a. */
interface Scene {
  readonly title: string;
  readonly commands: readonly string[];
}

const scenes: readonly Scene[] = [
  {
    title: 'On host a there is a container and the disk of a VM',
    commands: [
      'zfs create tank/ct',
      'zfs create tank/ct/1007',
      'head -c 8M /dev/urandom > /tank/ct/1007/rootfs.img',
      'zfs create -V 32M tank/disk0 && udevadm settle && head -c 8M /dev/urandom | dd of=/dev/zvol/tank/disk0 status=none',
      'zfs list -o name,type,refer',
    ],
  },
  {
    title: 'Tag the first version of each; a container can be named by its id',
    commands: ['zfs-vm tag -n debian-7:1 1007', 'zfs-vm tag -n web-disk:1.0.0 tank/disk0', 'zfs-vm list'],
  },
  {
    title: 'Push everything to host b, as a plain user with sudo there, and look',
    commands: ['zfs-vm -s push -d tank/vm fjoe@b', 'zfs-vm -s list fjoe@b'],
  },
  {
    title: 'Change it, and tag: the streamline and the next version are found',
    commands: ['echo upgraded > /tank/ct/1007/etc-issue', 'zfs-vm tag 1007'],
  },
  {
    title: 'Push again: only the increment goes, to where b keeps the image',
    commands: ['zfs-vm -sv push fjoe@b'],
  },
  {
    title: 'Lose it here, and pull it back',
    commands: [
      'zfs destroy -r tank/ct/1007',
      'zfs-vm -s pull -n debian-7 -d tank/ct fjoe@b',
      'zfs-vm list -v',
    ],
  },
  {
    title: 'Everything is in step now',
    commands: ['zfs-vm -s push fjoe@b'],
  },
];

const began = Date.now();
const lab = (await findLab(labName)) ?? (await bootLab());
await Promise.all(lab.hosts.map((host) => host.freshPool()));
const client = lab.host('a');
await lab.deploy(client);
say(`Two hosts with OpenZFS ${client.zfsVersion} are ready (${((Date.now() - began) / 1000).toFixed(0)} s).`);
for (const scene of scenes) await play(scene, client);
say(
  'The hosts a and b stay up. Use them with "npm run lab -- ssh a --name demo", stop them with "npm run lab -- down --name demo".',
);

async function bootLab(): Promise<Lab> {
  say(
    'Booting two hosts, a minute or two. The first time, their packages are installed and their image is built before that, some minutes more.',
  );
  return startLab({ name: labName, hosts: [{ name: 'a' }, { name: 'b' }], detached: true });
}

async function play({ title, commands }: Scene, host: LabHost): Promise<void> {
  say(`\n== ${title}`);
  for (const command of commands) {
    say(`\na# ${command}`);
    const { stdout, stderr } = await host.run(command);
    process.stdout.write(stdout);
    process.stdout.write(stderr);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linkDevice, type GuestPlan } from './guest-plan.js';
import { runProgram } from './run-program.js';
import type { LabUser } from './users.js';

const hostKeyTypes = ['ed25519', 'ecdsa', 'rsa'] as const;

/** Numbers as `image/customize` gives them. */
const homes: readonly { readonly user: LabUser; readonly uid: number; readonly home: string }[] = [
  { user: 'root', uid: 0, home: 'root' },
  { user: 'fjoe', uid: 2001, home: 'home/fjoe' },
  { user: 'pat', uid: 2002, home: 'home/pat' },
  { user: 'zed', uid: 2003, home: 'home/zed' },
];

/** The files with which this machine reaches the guests. */
export interface ControlKeys {
  readonly identityFile: string;
  /** Knows each guest's key under its plain name. */
  readonly knownHostsFile: string;
}

/**
 * Makes fresh keys for the lab and a seed disk (a bare tar archive) for each guest, which brings it its name, its
 * addresses and its keys. Every guest's users may log in to every other guest as any user.
 */
export async function makeSeeds(labFolder: string, guests: readonly GuestPlan[]): Promise<ControlKeys> {
  const identityFile = join(labFolder, 'id_ed25519');
  const knownHostsFile = join(labFolder, 'known_hosts');
  await Promise.all([
    makeKeyPair(identityFile, 'ed25519', 'lab'),
    ...guests.map(async (guest) => {
      const keys = findKeyFolder(guest);
      await mkdir(keys, { recursive: true });
      await Promise.all([
        makeKeyPair(join(keys, 'id_ed25519'), 'ed25519', guest.name),
        ...hostKeyTypes.map((type) =>
          makeKeyPair(join(keys, `ssh_host_${type}_key`), type, `root@${guest.name}`),
        ),
      ]);
    }),
  ]);

  const userKeyFiles = [identityFile, ...guests.map((guest) => join(findKeyFolder(guest), 'id_ed25519'))];
  const authorizedKeys = await Promise.all(userKeyFiles.map((file) => readFile(`${file}.pub`, 'utf8')));
  // One key type a host, as a first connection stores it.
  const knownHosts = await Promise.all(
    guests.map(async (guest) => {
      const [hostKey = ''] = await readHostKeys(guest);
      return `${guest.name},${guest.address} ${hostKey}\n`;
    }),
  );
  await writeFile(knownHostsFile, knownHosts.join(''));

  await Promise.all(
    guests.map((guest) => writeSeedDisk(guest, authorizedKeys.join(''), knownHosts.join(''))),
  );
  return { identityFile, knownHostsFile };
}

/** The guest's public host keys, one `TYPE KEY` each, ed25519 first. */
export async function readHostKeys(guest: GuestPlan): Promise<readonly string[]> {
  return Promise.all(
    hostKeyTypes.map(async (type) => {
      const line = await readFile(join(findKeyFolder(guest), `ssh_host_${type}_key.pub`), 'utf8');
      return line.split(' ').slice(0, 2).join(' ');
    }),
  );
}

/** The seed disk's file. */
export function findSeedDisk(guest: GuestPlan): string {
  return join(guest.folder, 'seed.tar');
}

function findKeyFolder(guest: GuestPlan): string {
  return join(guest.folder, 'keys');
}

/** The seed unpacks over the guest's root: what is below `root` belongs to root, what is below `home` to the users. */
async function writeSeedDisk(guest: GuestPlan, authorizedKeys: string, knownHosts: string): Promise<void> {
  const disk = findSeedDisk(guest);
  const keys = findKeyFolder(guest);
  const tree = join(guest.folder, 'seed');
  await Promise.all(
    ['etc/lab', 'etc/ssh/ssh_config.d'].map((folder) => mkdir(join(tree, folder), { recursive: true })),
  );
  const addresses = [guest, ...guest.peers].map(({ name, address }) => `${address} ${name}\n`);
  await Promise.all([
    writeFile(join(tree, 'etc/hostname'), `${guest.name}\n`),
    writeFile(join(tree, 'etc/hosts'), ['127.0.0.1 localhost\n', ...addresses].join('')),
    writeFile(join(tree, 'etc/lab/links'), listIpCommands(guest)),
    // The first choice of OpenSSH would cost an emulated processor more than a second for each connection.
    writeFile(join(tree, 'etc/ssh/ssh_config.d/lab.conf'), 'KexAlgorithms ^curve25519-sha256\n'),
    ...hostKeyTypes.flatMap((type) =>
      [`ssh_host_${type}_key`, `ssh_host_${type}_key.pub`].map((file) =>
        copyFile(join(keys, file), join(tree, 'etc/ssh', file)),
      ),
    ),
  ]);
  await runProgram(['tar', '-cf', disk, '--owner=0', '--group=0', '-C', tree, 'etc']);

  // An archive can be added to, each part with an owner of its own: no other way to name owners without being root.
  for (const { user, uid, home } of homes) {
    const folder = join(tree, home, '.ssh');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await Promise.all([
      copyFile(join(keys, 'id_ed25519'), join(folder, 'id_ed25519')),
      copyFile(join(keys, 'id_ed25519.pub'), join(folder, 'id_ed25519.pub')),
      writeFile(join(folder, 'authorized_keys'), authorizedKeys),
      writeFile(join(folder, 'known_hosts'), knownHosts),
    ]);
    const owner = [`--owner=${user}:${uid}`, `--group=${user}:${uid}`];
    await runProgram(['tar', '-rf', disk, ...owner, '-C', tree, `${home}/.ssh`]);
  }
}

/** For `ip -batch`: names the network cards, which come in the order in which QEMU was given them, and sets them up. */
function listIpCommands(guest: GuestPlan): string {
  return [
    'link set dev lo up',
    // The host's own address holds even where there is no other host.
    `addr add ${guest.address}/32 dev lo`,
    'link set dev eth0 name control',
    'addr add 10.0.2.15/24 dev control',
    'link set dev control up',
    ...guest.peers.flatMap((peer, position) => [
      `link set dev eth${position + 1} name ${linkDevice(peer)}`,
      `addr add ${guest.address} peer ${peer.address}/32 dev ${linkDevice(peer)}`,
      `link set dev ${linkDevice(peer)} up`,
      '',
    ]),
  ].join('\n');
}

async function makeKeyPair(file: string, type: string, comment: string): Promise<void> {
  await runProgram(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', comment, '-f', file]);
}

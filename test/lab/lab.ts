import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { chooseAccelerator } from './accelerator.js';
import { deployTo } from './deploy.js';
import { planGuests, type GuestPlan } from './guest-plan.js';
import { ensureImage, ensurePackages, type Image } from './image.js';
import { findKind } from './kinds.js';
import {
  claimLabFolder,
  endGuests,
  findLabFolder,
  readLabRecord,
  writeLabRecord,
  type HostRecord,
  type LabRecord,
} from './lab-folder.js';
import { LabHost } from './lab-host.js';
import { ensureNodeDisk } from './node-disk.js';
import { OutsideClient } from './outside-client.js';
import { identifyProcess } from './process-identity.js';
import { startGuest, type GuestHardware } from './qemu.js';
import { makeSeeds, readHostKeys, type ControlKeys } from './seed.js';

/** What lab to start. */
export interface LabOptions {
  /** Two labs of different names may run side by side. */
  readonly name: string;
  /** Up to eight; the kind is the default one when left out. */
  readonly hosts: readonly { readonly name: string; readonly kind?: string }[];
  /** The hosts outlive this process, until `stop`; otherwise they die with it, however it ends. */
  readonly detached?: boolean;
  /** Processors of each host: by default this machine's are shared out, and two are enough. */
  readonly cpuCount?: number;
  /** Memory of each host. */
  readonly memoryMib?: number;
  /** Size of each of a host's two data disks; they take only the room that is used. */
  readonly dataDiskMib?: number;
}

/** Hosts with real OpenZFS, joined by private links. */
export class Lab {
  readonly name: string;
  readonly hosts: readonly LabHost[];
  readonly #folder: string;
  readonly #keys: ControlKeys;

  constructor(name: string, hosts: readonly LabHost[], keys: ControlKeys, folder: string) {
    this.name = name;
    this.hosts = hosts;
    this.#keys = keys;
    this.#folder = folder;
  }

  /** The host of that name. Throws when there is none. */
  host(name: string): LabHost {
    const host = this.hosts.find((each) => each.name === name);
    if (host === undefined) throw new Error(`lab ${this.name} has no host ${name}`);
    return host;
  }

  /** Makes the built project a command on the host: `zfs-vm`, run by node, as every user. */
  async deploy(host: LabHost, projectFolder?: string): Promise<void> {
    await deployTo(host, projectFolder);
  }

  /** zfs-vm on this machine, with the zfs of a host. */
  async makeOutsideClient(host: LabHost): Promise<OutsideClient> {
    return OutsideClient.make(join(this.#folder, `outside-${host.name}`), host, this.hosts, this.#keys);
  }

  /** Ends the hosts and removes all that was theirs. */
  async stop(): Promise<void> {
    await endGuests(this.#folder);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Starts a lab and waits until its hosts are ready, each with a new pool `tank`. Installs packages and builds images first
 * where they are missing, which needs root and takes minutes, once.
 */
export async function startLab({
  name,
  hosts,
  detached = false,
  // More emulated processors than real ones only wait for each other.
  cpuCount = Math.min(2, Math.max(1, Math.floor(availableParallelism() / hosts.length))),
  memoryMib = 1536,
  dataDiskMib = 8192,
}: LabOptions): Promise<Lab> {
  const kinds = hosts.map((host) => findKind(host.kind));
  await ensurePackages();
  const images = new Map<string, Image>();
  for (const kind of kinds) {
    if (!images.has(kind.name)) images.set(kind.name, await ensureImage(kind.name));
  }
  const nodeDisk = await ensureNodeDisk();
  const [anyImage] = images.values();
  if (anyImage === undefined) throw new Error('a lab needs a host');
  const accelerator = await chooseAccelerator(anyImage);

  const folder = await claimLabFolder(name);
  const starting: Promise<HostRecord>[] = [];
  try {
    const guests = planGuests(
      folder,
      hosts.map((host) => ({ name: host.name, kind: findKind(host.kind).name })),
    );
    await Promise.all(guests.map((guest) => mkdir(guest.folder)));
    const keys = await makeSeeds(folder, guests);
    for (const guest of guests) {
      const kind = findKind(guest.kind);
      const image = images.get(kind.name) ?? anyImage;
      const hardware = { image, cpu: kind.cpu, accelerator, nodeDisk, cpuCount, memoryMib, dataDiskMib };
      starting.push(startHost(guest, hardware, keys, detached));
    }
    const owner = detached ? undefined : identifyProcess(process.pid);
    const record = {
      name,
      hosts: await Promise.all(starting),
      ...(owner === undefined ? {} : { owner }),
    };
    await writeLabRecord(folder, record);
    return openLab(record, guests, keys, folder);
  } catch (error) {
    // The first that fails takes the others along; one of them may be just about to start.
    await endGuests(folder);
    await Promise.allSettled(starting);
    await endGuests(folder);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Boots the guest and makes its pool. */
async function startHost(
  guest: GuestPlan,
  hardware: GuestHardware,
  keys: ControlKeys,
  detached: boolean,
): Promise<HostRecord> {
  const sshPort = await startGuest(guest, hardware, { detached });
  const { name, kind, index } = guest;
  const hostKeys = await readHostKeys(guest);
  const host = new LabHost(
    guest,
    { name, kind, index, sshPort, hostKeys, zfsVersion: 'not known yet' },
    keys,
  );
  await host.freshPool();
  const { stdout } = await host.run(['cat', '/sys/module/zfs/version']);
  return { name, kind, index, sshPort, hostKeys, zfsVersion: stdout.trim().replace(/-.*/, '') };
}

/** The lab of that name that another process started, or `undefined` when none runs. */
export async function findLab(name: string): Promise<Lab | undefined> {
  const record = await readLabRecord(name);
  if (record === undefined) return undefined;
  const folder = findLabFolder(name);
  const keys = { identityFile: join(folder, 'id_ed25519'), knownHostsFile: join(folder, 'known_hosts') };
  return openLab(record, planGuests(folder, record.hosts), keys, folder);
}

/** The lab of that name that another process started. Throws when none runs. */
export async function attachLab(name: string): Promise<Lab> {
  const lab = await findLab(name);
  if (lab === undefined) throw new Error(`no lab ${name} runs`);
  return lab;
}

function openLab(record: LabRecord, guests: readonly GuestPlan[], keys: ControlKeys, folder: string): Lab {
  const hosts = guests.map((guest) => {
    const host = record.hosts.find((each) => each.name === guest.name);
    if (host === undefined) throw new Error(`lab ${record.name} has no record of ${guest.name}`);
    return new LabHost(guest, host, keys);
  });
  return new Lab(record.name, hosts, keys, folder);
}

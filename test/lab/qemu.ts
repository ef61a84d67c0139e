import { spawn } from 'node:child_process';
import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accelerator } from './accelerator.js';
import { waitForConsole } from './console.js';
import { controlMac, linkMac, type GuestPlan, type Peer } from './guest-plan.js';
import type { Image } from './image.js';
import { commandQemuMonitor } from './qmp.js';
import { findSeedDisk } from './seed.js';

/** What a guest is made of. */
export interface GuestHardware {
  readonly image: Image;
  /** The processor to emulate; under KVM the machine's own is used. */
  readonly cpu: string;
  readonly accelerator: Accelerator;
  readonly nodeDisk: string;
  readonly cpuCount: number;
  readonly memoryMib: number;
  readonly dataDiskMib: number;
}

/** What a guest's init says when all is there. */
export const readyMark = 'zfs-vm-lab: ready';

const bootTimeoutMs = 180_000;

// Libraries at the same addresses in every process: emulation then finds their code translated, and a process starts in half the time.
// Memory that nobody reads before it is written isn't cleared, either. On a busy machine, an emulated timer comes too late for the kernel's test of it,
// which then looks for another one, and hangs.
const kernelOptions =
  'console=ttyS0 quiet net.ifnames=0 panic=-1 mitigations=off norandmaps init_on_alloc=0 no_timer_check';

const dataDisks = ['data1', 'data2'] as const;

/** The control socket of a guest's QEMU. */
export function findQmpSocket(guest: Pick<GuestPlan, 'folder'>): string {
  return join(guest.folder, 'qmp');
}

/** The log of all that the guest writes on its console. */
export function findConsoleLog(guest: Pick<GuestPlan, 'folder'>): string {
  return join(guest.folder, 'console.log');
}

/** The id of the guest's network card that leads to the peer. */
export function findLinkCard(peer: Pick<Peer, 'name'>): string {
  return `card-${peer.name}`;
}

/**
 * Starts a guest and waits until it is ready.
 *
 * @param detached the guest goes on when this process ends; otherwise the kernel kills it then.
 * @returns the port on 127.0.0.1 that leads to the guest's sshd.
 */
export async function startGuest(
  guest: GuestPlan,
  hardware: GuestHardware,
  { detached }: { detached: boolean },
): Promise<number> {
  const consoleLog = findConsoleLog(guest);
  await writeFile(consoleLog, '');
  for (const disk of dataDisks) {
    const file = join(guest.folder, `${disk}.img`);
    await writeFile(file, '');
    await truncate(file, hardware.dataDiskMib * 2 ** 20);
  }

  const argv = buildQemuArgv(guest, hardware);
  // A signal from the kernel when the parent is gone: it cannot be missed, whatever killed the parent.
  const [program = '', ...args] = detached ? argv : ['setpriv', '--pdeathsig', 'KILL', '--', ...argv];
  const logFile = join(guest.folder, 'qemu.log');
  const log = await open(logFile, 'w');
  const child = spawn(program, args, {
    detached,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...process.env,
      // QEMU keeps what the guest writes to its root disk in a nameless file there.
      TMPDIR: guest.folder,
      // Large pages for its tables of addresses and translated code, which emulation reads all the time.
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    },
  });
  await log.close();
  // A lab that is in use shall not keep its process from ending.
  child.unref();

  const boot = new AbortController();
  const timer = setTimeout(() => {
    boot.abort(new Error(`${guest.name} was not ready within ${bootTimeoutMs / 1000} seconds`));
  }, bootTimeoutMs);
  const stopBoot = (error: unknown): void => {
    boot.abort(error instanceof Error ? error : new Error(String(error)));
  };
  const exited = (): void => {
    readFile(logFile, 'utf8').then((said) => {
      stopBoot(new Error(`QEMU ended: ${said.trim()}`));
    }, stopBoot);
  };
  child.once('error', stopBoot);
  child.once('exit', exited);
  try {
    await waitForConsole(consoleLog, readyMark, { signal: boot.signal });
    return await readSshPort(guest);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    child.off('exit', exited);
  }
}

function buildQemuArgv(guest: GuestPlan, hardware: GuestHardware): readonly string[] {
  const { image, accelerator } = hardware;
  const disk = (serial: string, file: string, options: string): readonly string[] => [
    '-drive',
    // What a guest has written survives its reset in this machine's page cache; no need to wait for a disk.
    `if=none,id=${serial},file=${file},format=raw,cache=unsafe,${options}`,
    '-device',
    `virtio-blk-pci,drive=${serial},serial=${serial}`,
  ];
  const link = (peer: Peer): readonly string[] => [
    '-netdev',
    [
      // Unix sockets never leave this machine, and unlike multicast they wait instead of dropping packets.
      `dgram,id=link-${peer.name}`,
      'local.type=unix',
      `local.path=${join(guest.folder, `link-${peer.name}`)}`,
      'remote.type=unix',
      `remote.path=${join(guest.folder, '..', peer.name, `link-${guest.name}`)}`,
    ].join(','),
    '-device',
    `virtio-net-pci,id=${findLinkCard(peer)},netdev=link-${peer.name},mac=${linkMac(guest, peer)}`,
  ];
  return [
    'qemu-system-x86_64',
    ...['-name', guest.name, '-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35'],
    ...(accelerator === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi', '-cpu', hardware.cpu]),
    // Where there can't be a second processor, QEMU 7.2 leaves memory barriers out of what it translates. The devices run in other
    // threads, and a disk's interrupt is lost now and then: the guest's pool then waits for ever.
    ...['-smp', `${hardware.cpuCount},maxcpus=${Math.max(2, hardware.cpuCount)}`],
    ...['-m', String(hardware.memoryMib), '-device', 'virtio-rng-pci'],
    ...['-pidfile', join(guest.folder, 'pid'), '-qmp', `unix:${findQmpSocket(guest)},server=on,wait=off`],
    ...['-chardev', `file,id=console,path=${findConsoleLog(guest)},append=on`, '-serial', 'chardev:console'],
    ...['-kernel', image.kernel, '-initrd', image.initrd],
    // A kernel that knows it has one processor leaves out the locks of several.
    ...['-append', `${kernelOptions} possible_cpus=${hardware.cpuCount}`],
    ...disk('root', image.rootDisk, 'snapshot=on'),
    ...disk('seed', findSeedDisk(guest), 'readonly=on'),
    ...disk('node', hardware.nodeDisk, 'readonly=on'),
    ...dataDisks.flatMap((name) => disk(name, join(guest.folder, `${name}.img`), 'discard=unmap')),
    '-netdev',
    // Port 0: the kernel finds one that is free. Restricted: the guest reaches nothing through it.
    'user,id=control,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:0-:22',
    '-device',
    `virtio-net-pci,netdev=control,mac=${controlMac(guest)}`,
    ...guest.peers.flatMap(link),
  ];
}

async function readSshPort(guest: GuestPlan): Promise<number> {
  const table = await commandQemuMonitor(findQmpSocket(guest), 'info usernet');
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1];
  if (port === undefined) throw new Error(`QEMU shows no forwarded port for ${guest.name}:\n${table}`);
  return Number(port);
}

import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { findCacheFolder } from './cache-folder.js';
import { waitForConsole } from './console.js';
import type { Image } from './image.js';

/** How QEMU runs the guests' code: by the processor itself, or by translating it. */
export type Accelerator = 'kvm' | 'tcg';

/**
 * KVM where it is proven to work: a kernel boots under it to its first process within 10 seconds. The device file may be
 * there and still hang a guest. The verdict holds until this machine's next boot. `ZFS_VM_LAB_ACCEL` overrules.
 */
export async function chooseAccelerator(image: Image): Promise<Accelerator> {
  const asked = process.env['ZFS_VM_LAB_ACCEL'];
  if (asked === 'kvm' || asked === 'tcg') return asked;
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }

  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const now = `${release()} ${bootId.trim()}`;
  const verdictFile = join(findCacheFolder(), 'accelerator.json');
  const known = await readVerdict(verdictFile);
  if (known?.machine === now) return known.accelerator;

  const accelerator = (await bootsUnderKvm(image)) ? 'kvm' : 'tcg';
  await mkdir(findCacheFolder(), { recursive: true });
  const verdict: Verdict = { machine: now, accelerator };
  await writeFile(`${verdictFile}.${process.pid}`, JSON.stringify(verdict));
  await rename(`${verdictFile}.${process.pid}`, verdictFile);
  return accelerator;
}

interface Verdict {
  readonly machine: string;
  readonly accelerator: Accelerator;
}

async function readVerdict(file: string): Promise<Verdict | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Verdict;
  } catch {
    return undefined;
  }
}

async function bootsUnderKvm(image: Image): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-lab-probe.'));
  const log = join(folder, 'console.log');
  await writeFile(log, '');
  const child = spawn('setpriv', [
    ...['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', '-accel', 'kvm', '-cpu', 'host', '-m', '512'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-serial', `file:${log}`],
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', 'console=ttyS0 quiet lab.probe'],
  ]);
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error('not within 10 seconds'));
  }, 10_000);
  void gone.then(() => {
    // It may have printed the word and powered off already: let the last look come first.
    setImmediate(() => {
      deadline.abort(new Error('QEMU ended'));
    });
  });
  try {
    await waitForConsole(log, 'zfs-vm-lab: probed', { signal: deadline.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  }
}

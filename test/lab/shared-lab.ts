import { attachLab, startLab, type Lab } from './lab.js';
import { leaseOne } from './lease.js';

/** The lab of a test file, and what to call when the file is done with it. */
export interface SharedLab {
  readonly lab: Lab;
  readonly release: () => Promise<void>;
}

/**
 * One of the labs that `run.ts` booted for all the test files of a run, whose names are in ZFS_VM_LAB; its hosts `a` and `b` are
 * of the default kind. A file that is run alone, with `node --test`, boots one for itself.
 *
 * A lab goes from file to file, and each finds the pools as the one before left them: call `freshPool` first.
 */
export async function acquireLab(): Promise<SharedLab> {
  const names = process.env['ZFS_VM_LAB']?.split(' ') ?? [];
  if (names.length === 0) {
    const lab = await startLab({ name: `test-${process.pid}`, hosts: [{ name: 'a' }, { name: 'b' }] });
    return { lab, release: () => lab.stop() };
  }
  const lease = await leaseOne(names);
  return { lab: await attachLab(lease.name), release: () => lease.end() };
}

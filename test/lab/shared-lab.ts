import { attachLab, startLab, type Lab } from './lab.js';

/** The lab of a test file, and what to call when the file is done with it. */
export interface SharedLab {
  readonly lab: Lab;
  readonly release: () => Promise<void>;
}

/**
 * The lab that `run.ts` booted for all the test files of a run; its hosts `a` and `b` are of the default kind. A file that is run
 * alone, with `node --test`, boots one for itself.
 *
 * Files run one after another and each finds the pools as the one before left them: call `freshPool` first.
 */
export async function acquireLab(): Promise<SharedLab> {
  const name = process.env['ZFS_VM_LAB'];
  if (name !== undefined) return { lab: await attachLab(name), release: () => Promise.resolve() };
  const lab = await startLab({ name: `test-${process.pid}`, hosts: [{ name: 'a' }, { name: 'b' }] });
  return { lab, release: () => lab.stop() };
}

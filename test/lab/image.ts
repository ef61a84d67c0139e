import { join } from 'node:path';
import { findLabFile } from './package-root.js';
import { ProgramError, runProgram } from './run-program.js';

/** The files that boot a host of one kind. */
export interface Image {
  readonly rootDisk: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** This machine lacks something that the lab needs. What it is has been said on stderr: print no more than that. */
export class LabSetupError extends Error {
  override readonly name = 'LabSetupError';
}

/**
 * Installs what the lab needs on this machine.
 *
 * @throws LabSetupError when it cannot, having said in one line what is in the way.
 */
export async function ensurePackages(): Promise<void> {
  await runSetup([findLabFile('bootstrap-packages')]);
}

/**
 * The image of a kind from the cache, or built now, which takes minutes and needs root.
 *
 * @throws LabSetupError when it cannot be built, having said why.
 */
export async function ensureImage(kind: string): Promise<Image> {
  const folder = (await runSetup([findLabFile('build-image'), kind])).trim();
  return {
    rootDisk: join(folder, 'root.img'),
    kernel: join(folder, 'kernel'),
    initrd: join(folder, 'initrd.img'),
  };
}

/** Runs a script that speaks to the person on stderr; gives back what it printed on stdout. */
async function runSetup(argv: readonly [string, ...string[]]): Promise<string> {
  try {
    const { stdout } = await runProgram(argv, { showStderr: true, timeoutMs: 60 * 60_000 });
    return stdout;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new LabSetupError('the lab cannot be set up; the reason was printed before', { cause: error });
  }
}

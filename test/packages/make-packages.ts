import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findPackageRoot } from '../lab/package-root.js';

/** A folder for a test, which goes with it. */
export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-packages-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Makes packages as `npm run package` does. @returns what it wrote on stderr when it failed */
export function makePackages(into: string, names: readonly string[]): string | undefined {
  const cli = join(findPackageRoot(), 'build/packaging/cli.js');
  const { status, stderr } = spawnSync(process.execPath, [cli, '--out', into, ...names], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : stderr;
}

/** A zfs of a host that has nothing, and notes that it ran. @returns the folder that has it */
export function makeFakeZfs(folder: string): string {
  const zfs = join(folder, 'zfs');
  writeFileSync(zfs, `#!/bin/sh\necho "$*" >> ${folder}/zfs-ran\nexit 0\n`);
  chmodSync(zfs, 0o755);
  return folder;
}

/** Runs a program. @param env beside this process's own */
export function run(
  [program = '', ...words]: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    ...{ encoding: 'utf8', env: { ...process.env, ...env } },
    ...(cwd === undefined ? {} : { cwd }),
  });
  return { status, stdout, stderr: error === undefined ? stderr : `${stderr}${error.message}` };
}

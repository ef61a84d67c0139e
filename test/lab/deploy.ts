import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { relative } from 'node:path';
import type { LabHost } from './lab-host.js';
import { findPackageRoot } from './package-root.js';
import { runProgram } from './run-program.js';

/** Where the project is on a lab host. */
const deployedFolder = '/opt/zfs-vm';

/**
 * Copies the built project to the host and makes `zfs-vm` a command there: the executable, the built program and the
 * packages it needs, not those that build and test it.
 */
export async function deployTo(host: LabHost, projectFolder = findPackageRoot()): Promise<void> {
  const packages = await listProductionPackages(projectFolder);
  const tar = spawn('tar', ['-c', '-C', projectFolder, 'package.json', 'zfs-vm', 'build/src', ...packages], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  tar.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = once(tar, 'close');
  const unpack = [
    'set -e',
    `rm -rf ${deployedFolder} && mkdir -p ${deployedFolder}`,
    `tar -x --no-same-owner -C ${deployedFolder}`,
    `ln -sf ${deployedFolder}/zfs-vm /usr/local/bin/zfs-vm`,
  ].join('\n');
  await host.run(unpack, { stdin: tar.stdout });
  const [status] = (await ended) as [number | null];
  if (status !== 0) throw new Error(`cannot pack the project: ${complaint.trim()}`);
}

/** The folders of the packages that the program needs to run, relative to the project. */
async function listProductionPackages(projectFolder: string): Promise<readonly string[]> {
  const { stdout } = await runProgram([
    ...(['npm', '--prefix', projectFolder, 'ls'] as const),
    ...['--omit=dev', '--omit=optional', '--parseable', '--all'],
  ]);
  return stdout
    .split('\n')
    .map((folder) => relative(projectFolder, folder))
    .filter((folder) => folder.startsWith('node_modules'));
}

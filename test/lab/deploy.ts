import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LabHost } from './lab-host.js';
import { findPackageRoot } from './package-root.js';

/** Where the project is on a lab host. */
const deployedFolder = '/opt/zfs-vm';

/**
 * Copies the built project to the host and makes `zfs-vm` a command there: the executable and the bundle.
 */
export async function deployTo(host: LabHost, projectFolder = findPackageRoot()): Promise<void> {
  const tar = spawn(
    'tar',
    ['-c', '-C', projectFolder, 'package.json', 'zfs-vm', 'src/launch.cjs', 'build/bundle'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
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

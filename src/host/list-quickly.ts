import { spawnSync } from 'node:child_process';

/** How long somebody who is typing waits. */
const patienceMs = 1000;

/** Where zfs is, which the PATH of a plain user often lacks. */
const usualFolders = '/usr/local/sbin:/usr/sbin:/sbin';

/** The lines that a command of this machine prints, for completions: none where it fails or takes long. */
export function listQuickly(
  [program, ...words]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const { status, stdout } = spawnSync(program, words, {
    ...{ encoding: 'utf8', timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 28 },
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...env, PATH: `${env['PATH'] ?? ''}:${usualFolders}` },
  });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}

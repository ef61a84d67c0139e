import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { runCommand } from '../host/run-command.js';
import { parseMountPlaces } from '../zfs/mounts.js';
import { longestMounts } from './read-diff.js';

/**
 * What is at a place where a filesystem would be mounted: nothing that it would hide, files, another filesystem, or what can't be read.
 * OpenZFS mounts over all of it without a word (`overlay=on` by default; seen on 2.3.2).
 */
export type Place = 'free' | 'files' | 'mounted' | 'unreadable';

/** Prints a byte if there is anything; the words that follow why not. */
const listing = 'export LC_ALL=C; ls -A -- "$1" </dev/null | head -c 1';

/**
 * Looks what is at a place of a host.
 * @param path an absolute one
 * @throws ZfsVmError when the host can't start commands
 */
export async function readPlace({ host }: Endpoint, path: string, signal: AbortSignal): Promise<Place> {
  const mountsOptions = { signal, limit: longestMounts, what: '/proc/self/mounts' };
  const [mounts, files] = await Promise.all([
    runCommand(host, ['cat', '/proc/self/mounts'], mountsOptions),
    runCommand(host, ['sh', '-c', listing, 'sh', path], { signal }),
  ]);
  signal.throwIfAborted();
  if (parseMountPlaces(mounts.stdout).has(path.replace(/(?<=.)\/+$/, ''))) return 'mounted';
  if (files.stdout !== '') return 'files';
  return /permission denied/i.test(files.stderr) ? 'unreadable' : 'free';
}

/**
 * Refuses to mount a new filesystem over what is there.
 * @throws ZfsVmError `usage`
 */
export async function checkPlace(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<void> {
  const place = await readPlace(endpoint, path, signal);
  if (place === 'free') return;
  throw new ZfsVmError('usage', `${path} ${faults[place]}; nothing was cloned`, {
    hint: 'choose another mountpoint with -o mountpoint=PATH, or add -o canmount=noauto to leave the clone unmounted',
  });
}

const faults: Readonly<Record<Exclude<Place, 'free'>, string>> = {
  files: 'is not an empty directory, and a clone mounted there would hide its contents',
  mounted: 'is the mountpoint of another filesystem, which a clone mounted there would hide',
  unreadable: 'cannot be read, so a clone mounted there might hide files',
};

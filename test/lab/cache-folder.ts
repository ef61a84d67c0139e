import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where images and verdicts are kept between runs, outside the repository; `build-image` uses the same. */
export function findCacheFolder(): string {
  const { ZFS_VM_LAB_CACHE, XDG_CACHE_HOME } = process.env as Partial<Record<string, string>>;
  return ZFS_VM_LAB_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'zfs-vm-lab');
}

import type { Property } from './properties.js';

/**
 * Arguments of zfs that make a clone. zfs mounts a filesystem by itself then, if its properties say so, and ends with 1 when that
 * fails, though the clone is there: `filesystem successfully created, but not mounted` (seen on OpenZFS 2.1.11 and 2.3.2).
 * Properties aren't taken from what it is cloned of: it inherits those of its place, but for a volume's size.
 */
export function cloneArguments(
  snapshot: string,
  destination: string,
  properties: readonly Property[],
): string[] {
  return [
    'clone',
    ...properties.flatMap(({ name, value }) => ['-o', `${name}=${value}`]),
    snapshot,
    destination,
  ];
}

/** Whether a clone that failed failed only to mount what is there now. */
export function isMadeUnmounted(stderr: string): boolean {
  return stderr.includes('successfully created, but');
}

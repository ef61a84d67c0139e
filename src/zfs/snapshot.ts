import type { Property } from './properties.js';

/** The user property of a snapshot that has the note of the version. */
export const noteProperty = 'zfs-vm:note';

/** The user property of a snapshot that says how many datasets belong to the version: what was destroyed since leaves no other trace. */
export const membersProperty = 'zfs-vm:members';

/** How a snapshot is made. */
export interface SnapshotOptions {
  /** Of everything below its dataset too, all at one moment, or none. */
  readonly recursive: boolean;
  /** User properties that it gets; that takes the right `userprop`, or there is no snapshot (seen on OpenZFS 2.3.2 and 2.1.11). */
  readonly properties: readonly Property[];
}

/** Arguments of zfs that make a snapshot. */
export function snapshotArguments(fullName: string, { recursive, properties }: SnapshotOptions): string[] {
  return [
    ...['snapshot', ...(recursive ? ['-r'] : [])],
    ...properties.flatMap(({ name, value }) => ['-o', `${name}=${value}`]),
    fullName,
  ];
}

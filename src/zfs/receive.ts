/** Where a stream lands. */
export interface Landing {
  readonly destination: string;
  /** Full name of the receiver's snapshot that the destination becomes a clone of. */
  readonly origin: string | undefined;
  /** Whether the stream makes a filesystem, which then must never mount by itself. */
  readonly makesFilesystem: boolean;
}

/**
 * Arguments of zfs that receive a stream from stdin: resumable, and not mounted, now or at the next boot (`-u` alone
 * only skips mounting now). Nothing is ever rolled back or overwritten: there is no `-F`.
 * The origin is always named, because the receiver would otherwise take the nearest snapshot with the base's GUID in the
 * pool, which may be another copy (OpenZFS issue 3266).
 */
export function receiveArguments({ destination, origin, makesFilesystem }: Landing): string[] {
  return [
    'receive',
    '-s',
    '-u',
    ...(makesFilesystem ? ['-o', 'canmount=noauto'] : []),
    ...(origin === undefined ? [] : ['-o', `origin=${origin}`]),
    destination,
  ];
}

/** Arguments of zfs that make a filesystem which only gives others a place, and never mounts. */
export function createParentArguments(name: string): string[] {
  return ['create', '-o', 'canmount=off', name];
}

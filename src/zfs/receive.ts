import type { PropertyChanges } from './properties.js';
import { groundRole, roleProperty } from './role.js';

/** Where a stream lands. */
export interface Landing {
  readonly destination: string;
  /** Full name of the receiver's snapshot that the destination becomes a clone of. */
  readonly origin: string | undefined;
  /** Whether the stream makes a filesystem, which then must never mount by itself. */
  readonly makesFilesystem: boolean;
  readonly properties: PropertyChanges;
  /** Whether what has arrived is kept when the stream breaks off; it is when left out. */
  readonly isResumable?: boolean;
}

/**
 * Arguments of zfs that receive a stream from stdin and tell what has come (`ReceivedReader`): resumable, and not mounted, now or at the next boot (`-u` alone
 * only skips mounting now). Nothing is ever rolled back or overwritten: there is no `-F`.
 * What the person says of `canmount` comes before our own, and `-x` would undo ours: zfs takes a property once only.
 * The origin is always named, because the receiver would otherwise take the nearest snapshot with the base's GUID in the
 * pool, which may be another copy (OpenZFS issue 3266).
 */
export function receiveArguments({
  destination,
  origin,
  makesFilesystem,
  properties,
  isResumable = true,
}: Landing): string[] {
  const isMountingChosen = properties.set.some(({ name }) => name === 'canmount');
  const exclude = properties.exclude.filter((name) => !makesFilesystem || name !== 'canmount');
  return [
    'receive',
    '-v',
    ...(isResumable ? ['-s'] : []),
    '-u',
    ...(makesFilesystem && !isMountingChosen ? ['-o', 'canmount=noauto'] : []),
    ...(origin === undefined ? [] : ['-o', `origin=${origin}`]),
    ...properties.set.flatMap(({ name, value }) => ['-o', `${name}=${value}`]),
    ...exclude.flatMap((name) => ['-x', name]),
    destination,
  ];
}

/**
 * What a receive that went well says of properties that it could not set, a line each: for lack of rights, or of what the pool would
 * need for them. zfs leaves them as they were, and ends with 0 (seen on OpenZFS 2.3.2).
 */
export function findPropertyWarnings(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => /\bproperty\b/i.test(line) && !/^(receiving|received|snap) /.test(line));
}

/**
 * Arguments of zfs that drop what an interrupted receive has left: a dataset that would have become new disappears, any other stays
 * as it was. It fails while a receive is at work.
 */
export function abortReceiveArguments(dataset: string): string[] {
  return ['receive', '-A', dataset];
}

const unitBytes: Readonly<Record<string, number>> = {
  ...{ '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50, E: 2 ** 60 },
};

/** A snapshot that a receive has brought. */
export interface Received {
  /** The part of its name after `@`; undefined where it isn't told. */
  readonly name: string | undefined;
  /** The size of its stream as zfs rounds it, to three digits; undefined where it isn't told. */
  readonly bytes: number | undefined;
}

/**
 * Reads line by line which snapshots have arrived from what `receiveArguments` print, two lines for each:
 * `receiving incremental stream of tank/vm@b into backup/vm@b`, and when it is there
 * `received 1.53M stream in 0.17 seconds (9.01M/sec)`. One that has come by another way since is there as well:
 * `snap backup/vm@b already exists; ignoring`.
 */
export class ReceivedReader {
  #arriving: string | undefined;

  /** Takes the next line; gives the snapshot that is there with it, if one is. */
  read(line: string): Received | undefined {
    // Names of datasets may have the words in between in them, but neither they nor those of snapshots have an @.
    const name = line.slice(line.lastIndexOf('@') + 1);
    if (line.startsWith('receiving ') && line.includes(' into ')) this.#arriving = name;
    if (line.startsWith('snap ') && line.endsWith(alreadyThere)) {
      return { name: name.slice(0, -alreadyThere.length), bytes: undefined };
    }
    const [, number, unit = ''] =
      /^received ([0-9]{1,20}(?:\.[0-9]{1,20})?)([KMGTPE]?)B? stream in /.exec(line) ?? [];
    if (number === undefined) return undefined;
    const received = { name: this.#arriving, bytes: Math.round(Number(number) * (unitBytes[unit] ?? 1)) };
    this.#arriving = undefined;
    return received;
  }
}

const alreadyThere = ' already exists; ignoring';

/**
 * Arguments of zfs that make a filesystem which only gives others a place, and never mounts.
 * @param inClear whether it isn't to be encrypted, as zfs makes nothing encrypted where the key isn't loaded; raw streams arrive below it all
 *   the same (seen on OpenZFS 2.3.2)
 */
export function createParentArguments(name: string, inClear = false): string[] {
  const unencrypted = inClear ? ['-o', 'encryption=off', '-o', `${roleProperty}=${groundRole}`] : [];
  return ['create', '-o', 'canmount=off', ...unencrypted, name];
}

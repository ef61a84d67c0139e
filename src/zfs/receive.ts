import { isInheritedKeptOut, keptOutProperties } from './kept-out.js';
import type { Property, PropertyChanges } from './properties.js';
import { groundRole, roleProperty } from './role.js';

/** Where a stream lands. */
export interface Landing {
  readonly destination: string;
  /** The part after `@` of the name of the only snapshot that it brings; undefined where it isn't named, or brings several. */
  readonly snapshot: string | undefined;
  readonly type: 'filesystem' | 'volume';
  /** Full name of the receiver's snapshot that the destination becomes a clone of. */
  readonly origin: string | undefined;
  /** Whether the stream makes a filesystem, which then must never mount by itself. */
  readonly makesFilesystem: boolean;
  readonly properties: PropertyChanges;
  /** Whether what has arrived is kept when the stream breaks off; it is when left out. */
  readonly isResumable?: boolean;
}

/** What zfs is called with to receive a stream, in pieces: what it excludes is the same in most calls. */
export interface ReceiveWords {
  readonly options: readonly string[];
  /** `-x` for what a stream may say, and isn't heard. */
  readonly exclusions: readonly string[];
  readonly target: string;
}

/**
 * Arguments of zfs that receive a stream from stdin and tell what has come (`ReceivedReader`): resumable, and not mounted, now or at the next boot (`-u` alone
 * only skips mounting now). Nothing is ever rolled back or overwritten: there is no `-F`.
 * Of what a stream may say of properties, nothing is heard that could expose the host (`keptOutProperties`): what was asked for comes
 * before that, as zfs takes a property once only.
 * Where the snapshot is named, zfs refuses a stream of several datasets (`zfs send -R`).
 * The origin is always named, because the receiver would otherwise take the nearest snapshot with the base's GUID in the
 * pool, which may be another copy (OpenZFS issue 3266).
 */
export function receiveArguments(landing: Landing): string[] {
  const { options, exclusions, target } = receiveWords(landing);
  return [...options, ...exclusions, target];
}

/** The same in pieces. */
export function receiveWords({
  destination,
  snapshot,
  type,
  origin,
  makesFilesystem,
  properties: { set, exclude },
  isResumable = true,
}: Landing): ReceiveWords {
  const isMountingChosen = set.some(({ name }) => name === 'canmount');
  const own = makesFilesystem && !isMountingChosen ? [{ name: 'canmount', value: 'noauto' }] : [];
  const given = new Set([...own, ...set].map(({ name }) => name));
  const excluded = new Set([...keptOutProperties(type), ...exclude]);
  return {
    options: [
      'receive',
      '-v',
      ...(isResumable ? ['-s'] : []),
      '-u',
      ...own.flatMap(toOption),
      ...(origin === undefined ? [] : ['-o', `origin=${origin}`]),
      ...set.flatMap(toOption),
    ],
    exclusions: [...excluded].filter((name) => !given.has(name)).flatMap((name) => ['-x', name]),
    target: snapshot === undefined ? destination : `${destination}@${snapshot}`,
  };
}

function toOption({ name, value }: Property): string[] {
  return ['-o', `${name}=${value}`];
}

/**
 * What a receive that went well says of properties that it could not set, a line each: for lack of rights, or of what the pool would
 * need for them. zfs leaves them as they were, and ends with 0 (seen on OpenZFS 2.3.2).
 * @param asked the names of those that were asked for: that the user may not exclude any other is no loss, as zfs lets no stream set what its
 *   user may not (`zfs_set_prop_nvlist`)
 */
export function findPropertyWarnings(output: string, asked: readonly string[] = []): string[] {
  const isOurs = (line: string): boolean => {
    const [, name] = /^cannot receive ([a-z_]+) property on .*: permission denied$/.exec(line) ?? [];
    return name !== undefined && isInheritedKeptOut(name) && !asked.includes(name);
  };
  return output
    .split('\n')
    .filter((line) => /\bproperty\b/i.test(line) && !/^(receiving|received|snap) /.test(line))
    .filter((line) => !isOurs(line));
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

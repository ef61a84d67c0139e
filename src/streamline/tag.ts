import { copyText } from '../zfs/list-fields.js';
import { parseVersion, type Version } from './version.js';

/** What every snapshot of ours is called first, as in `pool/vm@zfs-vm:debian-7:12`. */
export const tagPrefix = 'zfs-vm:';

/**
 * What the full name of a snapshot or bookmark has in it that is one of ours, or nearly one of ours: an extended regular expression,
 * for programs that run on hosts.
 */
export const tagExpression = `[@#]${tagPrefix}`;

/** What makes a snapshot a version: which streamline it belongs to, and which version of it it is. */
export interface Tag {
  readonly streamline: string;
  readonly version: Version;
}

/** A snapshot's name read: one of ours, nearly one of ours (with what is wrong), or none of our business. */
export type TagReading =
  | { readonly kind: 'tag'; readonly tag: Tag }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'foreign' };

/** Reads a snapshot's name, the part after `@`. */
export function readTag(snapshotName: string): TagReading {
  if (!snapshotName.startsWith(tagPrefix)) return { kind: 'foreign' };
  return readShortTag(snapshotName.slice(tagPrefix.length));
}

/** Reads a tag as people write it, e.g. `debian-7:12`. */
export function readShortTag(text: string): Exclude<TagReading, { kind: 'foreign' }> {
  const [streamline, versionText, ...rest] = text.split(':');
  if (streamline === undefined || versionText === undefined || rest.length > 0) {
    return { kind: 'malformed', reason: `the name is not ${tagPrefix}STREAMLINE:VERSION` };
  }
  const fault = findStreamlineFault(streamline);
  if (fault !== undefined) return { kind: 'malformed', reason: fault };
  const version = parseVersion(versionText);
  if (version === undefined) return { kind: 'malformed', reason: describeVersionFault(versionText) };
  return { kind: 'tag', tag: { streamline, version } };
}

/** The tag in the full name of a snapshot, here or on another host; undefined when it is none of ours. */
export function findTagIn(snapshotFullName: string): Tag | undefined {
  const reading = readTag(snapshotFullName.slice(snapshotFullName.indexOf('@') + 1));
  return reading.kind === 'tag' ? reading.tag : undefined;
}

/** How many versions a `TagReader` remembers at most. */
const rememberedVersions = 10_000;

/**
 * Reads the names of a list, where the same streamlines and versions come again and again: each is checked and kept in memory once, and
 * nothing keeps the list. It gives the tags that `readTag` gives.
 */
export class TagReader {
  /** What the names of the streamline that was seen last begin with, and the streamline. */
  #start: string | undefined;
  #streamline = '';
  readonly #versions = new Map<string, Version>();

  /** The tag that a snapshot's name is; undefined when it is none. */
  read(snapshotName: string): Tag | undefined {
    if (this.#start !== undefined && snapshotName.startsWith(this.#start)) {
      const version = this.#versions.get(snapshotName.slice(this.#start.length));
      if (version !== undefined) return { streamline: this.#streamline, version };
    }
    const reading = readTag(snapshotName);
    return reading.kind === 'tag' ? this.#remember(reading.tag) : undefined;
  }

  #remember({ streamline, version }: Tag): Tag {
    if (this.#streamline !== streamline) {
      this.#streamline = copyText(streamline);
      this.#start = `${tagPrefix}${this.#streamline}:`;
    }
    const known = this.#versions.get(version.text);
    if (known !== undefined) return { streamline: this.#streamline, version: known };
    const own = { ...version, text: copyText(version.text) };
    if (this.#versions.size < rememberedVersions) this.#versions.set(own.text, own);
    return { streamline: this.#streamline, version: own };
  }
}

/** The snapshot's name for a tag, e.g. `zfs-vm:debian-7:12`; `readTag` gives the tag back. */
export function formatTag(tag: Tag): string {
  return `${tagPrefix}${formatTagShort(tag)}`;
}

/** How people write a tag, e.g. `debian-7:12`. */
export function formatTagShort(tag: Tag): string {
  return `${tag.streamline}:${tag.version.text}`;
}

/**
 * What keeps a text from being a streamline's name, in words; undefined when it is fine. The characters are those that
 * ZFS takes in a snapshot's name, less the colon, which separates (`zfs_namecheck.c`, `valid_char`).
 */
export function findStreamlineFault(streamline: string): string | undefined {
  if (streamline === '') return 'the streamline name is empty';
  if (streamline.trim() !== streamline) {
    return `the streamline name "${streamline}" starts or ends with a space`;
  }
  const bad = /[^A-Za-z0-9_. -]/u.exec(streamline)?.[0];
  if (bad === undefined) return undefined;
  return `the streamline name "${streamline}" contains ${JSON.stringify(bad)}; use only letters, digits, spaces and - _ .`;
}

/** Why a text is no version, in words. */
export function describeVersionFault(text: string): string {
  if (text === '') return 'the version is empty';
  if (/^0[0-9]+$/.test(text)) {
    return `the version "${text}" has leading zeros; use ${text.replace(/^0+(?=.)/, '')}`;
  }
  if (/^[v=]/.test(text) && parseVersion(text.slice(1)) !== undefined) {
    return `the version "${text}" has a prefix; use ${text.slice(1)}`;
  }
  return `"${text}" is not a version: a whole number (7) or a semantic version (1.4.0)`;
}

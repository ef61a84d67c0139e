import { quoteCommand, quoteWord } from '../base/shell.js';
import { checkCharacters, UnreadableOutput } from './list-fields.js';
import { roleProperty } from './role.js';

/** A property with its value, as `zfs get -p` prints it and `-o` takes it. */
export interface Property {
  readonly name: string;
  readonly value: string;
}

/** What a receive does to the properties of its destination. */
export interface PropertyChanges {
  /** `-o`: these are set. */
  readonly set: readonly Property[];
  /** `-x`: these are inherited, whatever the stream says of them. */
  readonly exclude: readonly string[];
}

/** Leaves everything as it is. */
export const noPropertyChanges: PropertyChanges = { set: [], exclude: [] };

/** Short names that zfs takes too, of the properties that can be set. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['compress', 'compression'],
  ['rdonly', 'readonly'],
  ['recsize', 'recordsize'],
  ['refreserv', 'refreservation'],
  ['reserv', 'reservation'],
  ['volblock', 'volblocksize'],
]);

const filesystemProperties: ReadonlySet<string> = new Set([
  ...['aclinherit', 'aclmode', 'acltype', 'atime', 'canmount', 'casesensitivity', 'devices', 'direct'],
  ...['dnodesize', 'exec', 'filesystem_limit', 'jailed', 'longname', 'mountpoint'],
  ...['nbmand', 'normalization', 'overlay', 'quota', 'recordsize', 'refquota', 'relatime', 'setuid'],
  ...['sharenfs', 'sharesmb', 'snapdir', 'special_small_blocks', 'utf8only', 'version', 'vscan', 'xattr'],
  ...['zoned'],
]);

const volumeProperties: ReadonlySet<string> = new Set(['volblocksize', 'volsize', 'volthreading']);

const encryptionProperties: ReadonlySet<string> = new Set([
  ...['encryption', 'keyformat', 'keylocation', 'pbkdf2iters'],
]);

/** What the stream itself says, and nobody can choose. */
const contentProperties: ReadonlySet<string> = new Set([
  ...['casesensitivity', 'normalization', 'utf8only', 'version', 'volblocksize', 'volsize'],
]);

/** What is only of the dataset itself: no clone of it takes it over. */
const ownProperties: ReadonlySet<string> = new Set([
  ...contentProperties,
  ...encryptionProperties,
  ...['reservation', 'refreservation', roleProperty],
]);

/** What makes a dataset appear somewhere, or to somebody: on another host, that is never what is meant. */
const exposingProperties: ReadonlySet<string> = new Set(['canmount', 'mountpoint', 'sharenfs', 'sharesmb']);

/** The other properties that any dataset can have. */
const otherProperties = [
  ...[
    'checksum',
    'compression',
    'copies',
    'context',
    'defcontext',
    'dedup',
    'fscontext',
    'logbias',
    'mlslabel',
  ],
  ...['prefetch', 'primarycache', 'readonly', 'redundant_metadata', 'refreservation', 'reservation'],
  ...['rootcontext', 'secondarycache', 'snapdev', 'snapshot_limit', 'sync', 'volmode'],
] as const;

/** How data is stored and cached: the same on any host, without taking more of it than the data does. */
export const storageProperties = [
  ...['aclinherit', 'acltype', 'atime', 'checksum', 'compression', 'copies', 'dnodesize', 'logbias'],
  ...['primarycache', 'recordsize', 'redundant_metadata', 'relatime', 'secondarycache', 'xattr'],
] as const;

/** The full name of a property that was given by a short one. */
export function expandPropertyName(name: string): string {
  return aliases.get(name) ?? name;
}

/** What keeps a text from being the name of a property, in words; undefined when it is fine. */
export function findPropertyNameFault(name: string): string | undefined {
  if (name === '') return 'the name is empty';
  if (name.length > 255) return 'the name is longer than 255 characters';
  if (!/^[a-z0-9:._-]+$/.test(name)) {
    return 'property names contain only lower-case letters, digits and : . _ -';
  }
  return name.startsWith('-') ? 'the name starts with -' : undefined;
}

/** What keeps a text from being the value of a property, in words; undefined when it is fine (`ZAP_MAXVALUELEN` is 8192). */
export function findPropertyValueFault(value: string): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(value)) return 'the value contains control characters';
  // 2,000 characters, as it is written into command lines: any value that zfs itself knows is far shorter.
  return value.length > 2000 ? 'the value is longer than 2,000 characters' : undefined;
}

/** Why zfs-vm never sets or excludes a property on the person's word, in words; undefined when it may. */
export function findChoiceFault(name: string): string | undefined {
  if (name === 'origin') return 'the plan determines the origin of a clone';
  const meant = findMeantProperty(name);
  if (meant !== undefined) return `unknown property; did you mean ${meant}?`;
  return contentProperties.has(name) ? 'it is part of the stream and cannot be set' : undefined;
}

/**
 * The property that a misspelt name most likely means; undefined for a name that zfs knows, and for one that is like none of them: other
 * versions of zfs may have it.
 */
function findMeantProperty(name: string): string | undefined {
  const known = [
    ...[...filesystemProperties, ...volumeProperties, ...encryptionProperties, ...aliases.keys()],
    ...otherProperties,
  ];
  if (name.includes(':') || name.length < 4 || known.includes(name)) return undefined;
  return known.find((each) => isOneSlip(name, each));
}

/** Whether two names differ by one letter that is wrong, missing, added, or swapped with the next one. */
function isOneSlip(one: string, other: string): boolean {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  const [rest, otherRest] = [one.slice(start), other.slice(start)];
  return (
    rest.slice(1) === otherRest.slice(1) ||
    rest.slice(1) === otherRest ||
    rest === otherRest.slice(1) ||
    (rest.slice(2) === otherRest.slice(2) && rest[0] === otherRest[1] && rest[1] === otherRest[0])
  );
}

/** Why a property never travels from dataset to dataset, in words; undefined when it may. Those with a colon are the person's own. */
export function findCarryFault(name: string): string | undefined {
  if (exposingProperties.has(name)) return 'mountpoints and shares are never copied';
  if (encryptionProperties.has(name)) {
    return 'encryption is never copied as a property: encrypted datasets are sent raw';
  }
  return findChoiceFault(name);
}

/** Whether a property is one of those that say how encryption is done, which only a new dataset takes. */
export function isEncryptionProperty(name: string): boolean {
  return encryptionProperties.has(name);
}

/**
 * Whether datasets of a type have a property. `zfs receive -o` fails for one that they don't have, and `-x` warns (seen on OpenZFS
 * 2.3.2). Unknown ones are taken for having it: zfs will say.
 */
export function hasProperty(type: 'filesystem' | 'volume', name: string): boolean {
  return !(type === 'filesystem' ? volumeProperties : filesystemProperties).has(name);
}

/**
 * Arguments of zfs that list these properties of all datasets, or of those whose names follow, where they are set on the dataset itself, for `parseProperties`.
 * What an earlier receive has set counts as set.
 */
export function getPropertiesArguments(names: readonly string[]): string[] {
  return [
    ...['get', '-Hp', '-t', 'filesystem,volume', '-s', 'local,received', '-o', 'name,property,value'],
    names.join(','),
  ];
}

/** Arguments of zfs that print the value of a property of a dataset, and nothing else; `-` where it has none. */
export function getValueArguments(dataset: string, property: string): string[] {
  return ['get', '-Hp', '-o', 'value', property, dataset];
}

/** Arguments of zfs that set a property of a dataset. */
export function setPropertyArguments(dataset: string, name: string, value: string): string[] {
  return ['set', `${name}=${value}`, dataset];
}

/** Arguments of zfs that list the properties that a person has set on a dataset. */
function getLocalPropertiesArguments(dataset: string): string[] {
  return ['get', '-Hp', '-s', 'local', '-o', 'property,value', 'all', dataset];
}

/**
 * Whether what takes the place of a dataset, as a clone, gets this property that is set on it. Not what the content says or its encryption,
 * nor what is written on one dataset only; it never mounts by itself; and room is reserved once.
 */
export function isKeptByClone(name: string, value: string): boolean {
  return name === 'canmount' ? value === 'off' : !ownProperties.has(name);
}

/**
 * What `isKeptByClone` says, as shell text that sets on a dataset what is set on another one.
 * @param zfs words of the shell that call zfs
 */
export function keepPropertiesLine(
  zfs: string,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  const passed = ['canmount', ...ownProperties].sort().map((name) => `${name}=*`);
  return [
    `${zfs} ${quoteCommand(getLocalPropertiesArguments(from))} | while IFS="$(printf '\\t')" read -r name value; do`,
    `case $name=$value in canmount=off) ;; ${passed.join('|')}) name= ;; esac;`,
    `[ "$name" = '' ] || ${zfs} set "$name=$value" ${quoteWord(to)} </dev/null; done`,
  ].join(' ');
}

/** Arguments of zfs that list what these properties are on the datasets whose names follow, for `parseProperties`. */
export function getPropertiesOfArguments(names: readonly string[]): string[] {
  return ['get', '-Hp', '-o', 'name,property,value', names.join(',')];
}

/**
 * Reads the output of `getPropertiesArguments`: what is set, by the dataset.
 * @param names what was asked for: a host that tells of others would have them set elsewhere
 * @throws UnreadableOutput at the first line that isn't one of these properties
 */
export function parseProperties(output: string, names: readonly string[]): Map<string, Property[]> {
  checkCharacters(output);
  const properties = new Map<string, Property[]>();
  for (const line of output.split('\n').filter((text) => text !== '')) {
    const [dataset = '', name = '', ...rest] = line.split('\t');
    const [value] = rest;
    if (value === undefined || rest.length > 1 || !names.includes(name)) {
      throw new UnreadableOutput(line);
    }
    if (findPropertyValueFault(value) !== undefined) throw new UnreadableOutput(line);
    const known = properties.get(dataset);
    if (known === undefined) properties.set(dataset, [{ name, value }]);
    else if (known.some((property) => property.name === name)) throw new UnreadableOutput(line);
    else known.push({ name, value });
  }
  return properties;
}

import { isWholeNumber, largestGuid } from '../zfs/list-fields.js';
import { findDatasetNameFault, isSnapshotName, maxNameLength } from '../zfs/names.js';
import { findNoteFault } from '../zfs/notes.js';
import { findPropertyNameFault, findPropertyValueFault, type Property } from '../zfs/properties.js';

/** A text that can't be what a request has at some place. */
export class FieldFault extends Error {}

/** How often a field is said. */
export type Times = 'once' | 'at most once' | 'any' | 'at least once';

/**
 * What a text has to be, said so that awk can tell it on any host: by extended regular expressions without intervals, of ASCII. A text that
 * fits is one that `read` takes; a test compares both.
 */
export interface Shape {
  readonly fits: string;
  /** What it must not have in it, besides. */
  readonly lacks?: string;
  readonly mostCharacters?: number;
  /** The largest text of the full length. */
  readonly largest?: string;
  /** The only texts that it may be. */
  readonly words?: readonly string[];
}

/** One value of a request: how it is written as texts, and read back with strict checks. */
export interface Field<T> {
  readonly times: Times;
  /** What each text has to be. */
  readonly shape: Shape;
  /** The texts that stand for a value, each on its own; none where nothing has to be said. */
  write(value: T): readonly string[];
  /** @throws FieldFault for texts that can't be a value */
  read(texts: readonly string[]): T;
  /** The datasets that a value names, which a gate looks for below its roots; nothing when left out. */
  places?(value: T): readonly string[];
}

/** What several fields come to. */
export type ValuesOf<F> = { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never };

/** How a single text becomes a value. @throws FieldFault */
type ReadText<T> = (text: string) => T;

/** Takes texts for which nothing is wrong. */
function checked(findFault: (text: string) => string | undefined): ReadText<string> {
  return (text) => {
    const fault = findFault(text);
    if (fault !== undefined) throw new FieldFault(`${JSON.stringify(text)}: ${fault}`);
    return text;
  };
}

function matching(pattern: RegExp, what: string): ReadText<string> {
  return checked((text) => (pattern.test(text) ? undefined : `not ${what}`));
}

/** Exactly one text. */
function single<T>(shape: Shape, read: ReadText<T>, write: (value: T) => string = String): Field<T> {
  return {
    ...{ times: 'once', shape },
    write: (value) => [write(value)],
    read: ([text, ...others]) => {
      if (text === undefined || others.length > 0) throw new FieldFault('given not exactly once');
      return read(text);
    },
  };
}

/** Says of a field that its value names a dataset, or something of one. */
function placed(field: Field<string>): Field<string> {
  return { ...field, places: (value) => [value.replace(/[@#].*/s, '')] };
}

/** A field that may be left out. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    ...{ times: 'at most once', shape: field.shape },
    write: (value) => (value === undefined ? [] : field.write(value)),
    read: (texts) => (texts.length === 0 ? undefined : field.read(texts)),
    places: (value) => (value === undefined ? [] : (field.places?.(value) ?? [])),
  };
}

/** Any number of values, in order. */
export function list<T>(field: Field<T>): Field<readonly T[]> {
  return {
    ...{ times: 'any', shape: field.shape },
    write: (values) => values.flatMap((value) => field.write(value)),
    read: (texts) => texts.map((text) => field.read([text])),
    places: (values) => values.flatMap((value) => field.places?.(value) ?? []),
  };
}

/** At least one value: what is called without any would be about everything. */
export function some<T>(field: Field<T>): Field<readonly T[]> {
  const all = list(field);
  return {
    ...all,
    times: 'at least once',
    read: (texts) => {
      if (texts.length === 0) throw new FieldFault('left out');
      return all.read(texts);
    },
  };
}

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Field<Word> {
  return single<Word>({ fits: `^(${words.join('|')})$`, words }, (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new FieldFault(`${JSON.stringify(text)} is none of ${words.join(', ')}`);
    return word;
  });
}

/** Whether something is so; not when it isn't said. */
export const flag: Field<boolean> = {
  times: 'at most once',
  shape: { fits: '^yes$', words: ['yes'] },
  write: (value) => (value ? ['yes'] : []),
  read: (texts) => {
    if (texts.length > 1 || (texts[0] ?? 'yes') !== 'yes') throw new FieldFault('is "yes", or left out');
    return texts.length === 1;
  },
};

const nameCharacter = '[A-Za-z0-9_.: -]';
const datasetName = `^[A-Za-z]${nameCharacter}*(/${nameCharacter}+)*`;
const nameRules = { lacks: '/[.][.]?([/@#]|$)', mostCharacters: maxNameLength } as const;

/** The name of a filesystem or volume. */
export const dataset = placed(
  single({ fits: `${datasetName}$`, ...nameRules }, checked(findDatasetNameFault)),
);

/** The name of a pool. */
export const pool = single(
  { fits: `^[A-Za-z]${nameCharacter}*$`, mostCharacters: maxNameLength },
  checked((text) => (text.includes('/') ? 'not the name of a pool' : findDatasetNameFault(text))),
);

/** The full name of a snapshot. */
export const snapshot = placed(
  single(
    { fits: `${datasetName}@${nameCharacter}+$`, ...nameRules },
    checked((text) => (isSnapshotName(text) ? undefined : 'not the name of a snapshot')),
  ),
);

/** The full name of a snapshot or bookmark. */
export const point = placed(
  single(
    { fits: `${datasetName}[@#]${nameCharacter}+$`, ...nameRules },
    checked((text) => (isPointName(text) ? undefined : 'not the name of a snapshot or bookmark')),
  ),
);

/** The full name of whatever zfs lists. */
export const item = placed(
  single(
    { fits: `${datasetName}([@#]${nameCharacter}+)?$`, ...nameRules },
    checked((text) => (isPointName(text) ? undefined : findDatasetNameFault(text))),
  ),
);

/** The part of a snapshot's name after `@`. */
export const snapshotPart = single(
  { fits: `^${nameCharacter}+$`, mostCharacters: maxNameLength - 2 },
  checked((text) =>
    isSnapshotName(`p@${text}`) && text.length < maxNameLength ? undefined : 'not the name of a snapshot',
  ),
);

/** What tells snapshots apart wherever they are. */
export const guid = single(digits(20, String(largestGuid)), (text): bigint => {
  if (!isWholeNumber(text) || BigInt(text) > largestGuid) {
    throw new FieldFault(`${JSON.stringify(text)} is no GUID`);
  }
  return BigInt(text);
});

/** A whole number of some size. */
export const count = single(digits(15), (text): number => {
  if (!/^[0-9]{1,15}$/.test(text)) throw new FieldFault(`${JSON.stringify(text)} is no number`);
  return Number(text);
});

/** A resume token. */
export const token = single(
  { fits: '^[0-9][0-9]?-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$', mostCharacters: 20_000 },
  matching(/^[0-9]{1,2}(-[0-9a-f]{1,20000}){3}$/, 'a resume token'),
);

/** The tag of our holds. */
export const holdTag = single(
  { fits: `^zfs-vm:[0-9]+-${'[0-9a-f]'.repeat(8)}$`, mostCharacters: 26 },
  matching(/^zfs-vm:[0-9]{1,10}-[0-9a-f]{8}$/, 'the tag of a hold of zfs-vm'),
);

/** The name of a property. */
export const propertyName = single(
  { fits: '^[a-z0-9:._][a-z0-9:._-]*$', mostCharacters: 255 },
  checked(findPropertyNameFault),
);

/** A property with its value. */
export const setting = single<Property>(
  { fits: '^[a-z0-9:._][a-z0-9:._-]*=[ -~]*$', lacks: `^${'[^=]'.repeat(256)}`, mostCharacters: 2000 },
  (text) => {
    const [name = ''] = text.split('=', 1);
    const value = text.slice(name.length + 1);
    const fault = findPropertyNameFault(name) ?? findPropertyValueFault(value);
    if (fault !== undefined || !text.includes('=')) {
      throw new FieldFault(`${JSON.stringify(text)} is no property with its value`);
    }
    return { name, value };
  },
  ({ name, value }) => `${name}=${value}`,
);

/** A note of a version. */
export const note = single(
  { fits: '^[ -~]*[!-~][ -~]*$', lacks: '^-$', mostCharacters: 8191 },
  checked(findNoteFault),
);

/** What is written down on a dataset about what it is. */
export const roleValue = single(
  {
    fits: '^(copy|aside) source=[0-9]+ pool=[0-9]+ self=[0-9]+( also=[0-9/,]+)?$',
    lacks: `=${'[0-9]'.repeat(21)}`,
    mostCharacters: 400,
  },
  matching(
    /^(copy|aside) source=[0-9]{1,20} pool=[0-9]{1,20} self=[0-9]{1,20}( also=[0-9/,]{1,400})?$/,
    'a role',
  ),
);

/** Up to so many digits. @param largest the largest number of so many */
function digits(most: number, largest?: string): Shape {
  return {
    fits: '^[0-9]+$',
    mostCharacters: most,
    ...(largest === undefined ? {} : { largest }),
  };
}

function isPointName(text: string): boolean {
  return isSnapshotName(text.includes('@') ? text : text.replace('#', '@'));
}

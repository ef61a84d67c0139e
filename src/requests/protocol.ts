import { FieldFault, type Field } from './fields.js';
import {
  schemaOf,
  schemas,
  type Fields,
  type KindWithBody,
  type RecordOf,
  type Request,
  type RequestKind,
} from './request.js';

/*
 * How a request is said to a gate: one line of plain words, which no shell changes. First the protocol with its version, then the kind, then
 * `field=value` for each value, in any order; a word `+` begins each leg. The records of a body are lines of such values, and the line `end`
 * comes last, so that one that was cut off is noticed. In a value, whatever is not a letter, a digit or one of `_./:@,-` is `%` and two hex digits.
 */

/** The first word of every request; another version has another. */
export const protocolWord = 'zfs-vm-gate/1';

/** What the first word of any version begins with. */
export const protocolName = 'zfs-vm-gate/';

/** Comes last where it is to be said on stderr that the request has arrived. */
const announceWord = 'announce';

/** The line that says so. */
export const arrivedMark = 'zfs-vm: in';

/** The last line of every body. */
export const bodyEnd = 'end';

/** Begins a leg. */
const legWord = '+';

/** What is wrong with a line of the protocol, in words. */
export class ProtocolFault extends Error {}

/** The words of a request. */
export function encodeRequest(request: Request): string[] {
  const { fields, legs } = schemaOf(request.kind);
  const values = request as unknown as Readonly<Record<string, unknown>>;
  const sent = 'legs' in request && legs !== undefined ? request.legs : [];
  return [
    ...[protocolWord, request.kind, ...encodeFields(fields, values)],
    ...sent.flatMap((leg) => [legWord, ...encodeFields(legs ?? {}, leg)]),
  ];
}

/** The line of a record. */
export function encodeRecord<Kind extends KindWithBody>(kind: Kind, record: RecordOf<Kind>): string {
  return encodeFields(schemaOf(kind).body ?? {}, record).join(' ');
}

/** Whether a command is a request to a gate. */
export function isGateCommand([first = '']: readonly string[]): boolean {
  return first === protocolWord;
}

/** The words of a request that says on stderr when it has arrived. */
export function announceRequest(words: readonly string[]): string[] {
  return [...words, announceWord];
}

/** A line without what asks for an announcement, and whether it does. */
export function splitAnnouncement(line: string): { readonly line: string; readonly isAnnounced: boolean } {
  const end = ` ${announceWord}`;
  const isAnnounced = line.endsWith(end);
  return { line: isAnnounced ? line.slice(0, -end.length) : line, isAnnounced };
}

/**
 * Reads a request, and gives what was written by `encodeRequest`.
 * @throws ProtocolFault for everything else
 */
export function decodeRequest(line: string): Request {
  const [protocol, kind = '', ...words] = line.split(' ');
  if (protocol !== protocolWord) throw new ProtocolFault(`the protocol here is ${protocolWord}`);
  if (!Object.hasOwn(schemas, kind)) throw new ProtocolFault(`unknown request ${quote(kind)}`);
  const { fields, legs } = schemaOf(kind as RequestKind);
  const [own = [], ...ofLegs] = splitAt(words, legWord);
  if (legs === undefined ? ofLegs.length > 0 : ofLegs.length === 0) {
    throw new ProtocolFault(`${kind} with ${ofLegs.length} legs`);
  }
  const request = { kind, ...decodeFields(fields, own) };
  const decoded =
    legs === undefined ? request : { ...request, legs: ofLegs.map((leg) => decodeFields(legs, leg)) };
  return decoded as unknown as Request;
}

/** Reads a record of a body. @throws ProtocolFault */
export function decodeRecord<Kind extends KindWithBody>(kind: Kind, line: string): RecordOf<Kind> {
  return decodeFields(schemaOf(kind).body ?? {}, line.split(' ')) as RecordOf<Kind>;
}

/** Whether requests of a kind have a body. */
export function hasBody(kind: RequestKind): kind is KindWithBody {
  return schemaOf(kind).body !== undefined;
}

function encodeFields(fields: Fields, values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(fields).flatMap(([name, field]) =>
    field.write(values[name]).map((text) => `${name}=${encodeText(text)}`),
  );
}

function decodeFields(fields: Fields, words: readonly string[]): Readonly<Record<string, unknown>> {
  const texts = new Map<string, string[]>(Object.keys(fields).map((name) => [name, []]));
  for (const word of words) {
    const [, name = '', value = ''] = /^([A-Za-z]+)=([A-Za-z0-9_./:@,%-]*)$/.exec(word) ?? [];
    const known = texts.get(name);
    if (known === undefined) throw new ProtocolFault(`unknown word ${quote(word)}`);
    known.push(decodeText(value));
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, readField(name, field, texts.get(name) ?? [])]),
  );
}

function readField(name: string, field: Field<unknown>, texts: readonly string[]): unknown {
  try {
    return field.read(texts);
  } catch (error) {
    if (!(error instanceof FieldFault)) throw error;
    throw new ProtocolFault(`${name}: ${error.message}`);
  }
}

/** Percent signs stand before the hex digits of each byte that isn't plain. */
function encodeText(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9_./:@,-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** @throws ProtocolFault for what `encodeText` doesn't write */
function decodeText(text: string): string {
  const bytes = Buffer.from(
    text.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  const decoded = bytes.toString();
  // One way to write each text: nothing can mean two things.
  if (encodeText(decoded) !== text) throw new ProtocolFault(`${quote(text)} is not encoded as it should be`);
  return decoded;
}

function splitAt(words: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === separator) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

import type { Change } from './content.js';
import type { PoolFeature } from './pools.js';

/*
 * A stream of the simulator: records of 312 bytes, as those of zfs are, each followed by its payload. A package (`zfs send -I`)
 * begins and ends with a record of its own, and has whole streams in between.
 */

/** The size of a record without its payload, as in the streams of zfs. */
export const recordBytes = 312;

/** What a stream begins with. */
export interface StreamHeader {
  /** The sender's full name of the snapshot. */
  readonly toName: string;
  readonly toGuid: bigint;
  /** The base; undefined for a full stream. */
  readonly fromGuid: bigint | undefined;
  readonly type: 'filesystem' | 'volume';
  /** Whether the base is in another dataset than the snapshot. */
  readonly isClone: boolean;
  readonly flags: StreamFlags;
  /** How many records the receiver has already; undefined for a stream from the beginning. */
  readonly resumeAt: number | undefined;
  /** Seconds since 1970. */
  readonly createdAtSeconds: number;
  /** How the blocks are encrypted, where they travel as they are. */
  readonly encryption: string | undefined;
  /** Of blocks that travel encrypted: what they were encrypted with at both ends of the stream, and which key their key is wrapped with. */
  readonly ivSet?: bigint | undefined;
  readonly fromIvSet?: bigint | undefined;
  readonly wrappedWith?: string | undefined;
  /** What it asks of the pool that receives it. */
  readonly features: readonly PoolFeature[];
}

/** How blocks travel. */
export interface StreamFlags {
  readonly largeBlocks: boolean;
  readonly embedded: boolean;
  readonly compressed: boolean;
  readonly raw: boolean;
}

/** One record of a stream. */
export type StreamRecord =
  | { readonly kind: 'begin'; readonly header: StreamHeader }
  | { readonly kind: 'package' }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'end' };

const magic = 'simzfs';

/** Record kinds as they are written. */
const letters = { begin: 'B', package: 'P', change: 'C', end: 'E' } as const;

/**
 * Writes a record.
 * @param payloadBytes how long a written block is in the stream
 */
export function encodeRecord(record: StreamRecord, payloadBytes: number): Buffer {
  const isWrite = record.kind === 'change' && record.change.value !== undefined;
  const buffer = Buffer.alloc(recordBytes + (isWrite ? payloadBytes : 0));
  let text = `${magic}${letters[record.kind]}`;
  if (record.kind === 'begin') text += toJson(record.header);
  if (record.kind === 'change') text += JSON.stringify([record.change.block, record.change.value ?? null]);
  if (Buffer.byteLength(text) > recordBytes - 4) return encodeLong(text);
  buffer.writeUInt32BE(isWrite ? payloadBytes : 0, recordBytes - 4);
  buffer.write(text);
  return buffer;
}

/** A begin whose header doesn't fit: the rest is its payload. */
function encodeLong(text: string): Buffer {
  const bytes = Buffer.from(text);
  const [first, rest] = [bytes.subarray(0, recordBytes - 4), bytes.subarray(recordBytes - 4)];
  const length = Buffer.alloc(4);
  length.writeUInt32BE(rest.length);
  return Buffer.concat([first, length, rest]);
}

/** How many bytes follow a record as its payload. */
export function payloadLengthOf(head: Buffer): number {
  return head.readUInt32BE(recordBytes - 4);
}

/** Whether this is the head of a record at all. */
export function isRecord(head: Buffer): boolean {
  return head.toString('latin1', 0, magic.length) === magic;
}

/** Reads a record; undefined when it is none. */
export function decodeRecord(head: Buffer, payload: Buffer): StreamRecord | undefined {
  switch (head.toString('latin1', magic.length, magic.length + 1)) {
    case letters.begin:
      return {
        kind: 'begin',
        header: fromJson(toText(Buffer.concat([head.subarray(0, recordBytes - 4), payload]))),
      };
    case letters.package:
      return { kind: 'package' };
    case letters.change: {
      const [block, value] = JSON.parse(toText(head)) as [number, number | null];
      return { kind: 'change', change: { block, value: value ?? undefined } };
    }
    case letters.end:
      return { kind: 'end' };
    default:
      return undefined;
  }
}

function toText(bytes: Buffer): string {
  const end = bytes.indexOf(0, magic.length + 1);
  return bytes.toString('utf8', magic.length + 1, end < 0 ? bytes.length : end);
}

function toJson(header: StreamHeader): string {
  return JSON.stringify(header, (_key, value: unknown) =>
    typeof value === 'bigint' ? `guid:${value}` : value,
  );
}

function fromJson(text: string): StreamHeader {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && /^guid:[0-9]+$/.test(value) ? BigInt(value.slice(5)) : value,
  ) as StreamHeader;
}

/** What a resume token tells. */
export interface TokenContent {
  readonly toName: string;
  readonly toGuid: bigint;
  readonly fromGuid: bigint | undefined;
  readonly flags: StreamFlags;
  /** How many records have arrived, and how many bytes that was. */
  readonly position: number;
  readonly bytes: number;
}

/** Writes a resume token, in the form of those of zfs. */
export function encodeToken(content: TokenContent): string {
  const text = JSON.stringify(content, (_key, value: unknown) =>
    typeof value === 'bigint' ? `guid:${value}` : value,
  );
  const hex = Buffer.from(text).toString('hex');
  return `1-${checksum(hex)}-${text.length.toString(16)}-${hex}`;
}

/** Reads a resume token; a string is the fault in it, as zfs tells it. */
export function decodeToken(token: string): TokenContent | string {
  const [, sum, hex = ''] = /^1-([0-9a-f]+)-[0-9a-f]+-([0-9a-f]+)$/.exec(token) ?? [];
  if (sum === undefined) return 'invalid format';
  if (sum !== checksum(hex)) return 'incorrect checksum';
  const text = Buffer.from(hex, 'hex').toString();
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && /^guid:[0-9]+$/.test(value) ? BigInt(value.slice(5)) : value,
  ) as TokenContent;
}

function checksum(text: string): string {
  let sum = 7;
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) % 0xfffffff;
  return sum.toString(16);
}

import { recordBytes } from '../../src/zfs/stream-records.js';
import type { Change } from './content.js';
import type { PoolFeature } from './pools.js';

/*
 * A stream of the simulator: records as those of zfs are, so that who follows its records finds what is in it. What the simulator
 * itself has to know of a record is text beside that. A package (`zfs send -I`) begins and ends with a record of its own, and has whole
 * streams in between.
 */

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

/** What a package says at its beginning (`zfs send -p` and `-R`). */
export interface PackageHeader {
  /** The sender's full name of the last snapshot. */
  readonly toName: string;
  /** What it says of its datasets; undefined for one of `zfs send -I`, which says nothing. */
  readonly list: PackageList | undefined;
}

export interface PackageList {
  readonly isRecursive: boolean;
  /** The properties of each dataset, by the GUID of the snapshots in the package. */
  readonly properties: readonly { readonly guid: bigint; readonly set: Readonly<Record<string, string>> }[];
}

/** One record of a stream. */
export type StreamRecord =
  | { readonly kind: 'begin'; readonly header: StreamHeader }
  | { readonly kind: 'package'; readonly header: PackageHeader }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'end' };

/** Record types as zfs has them. */
const types = { begin: 0, write: 3, free: 4, end: 5 } as const;

const magic = 0x2_f5ba_cbacn;

const [singleStream, compoundStream] = [1n, 2n];

/** `DMU_BACKUP_FEATURE_RESUMING`, behind the two bits of the kind. */
const resumingFeature = 1n << 26n;

/** Where a beginning has the name of the snapshot. What the simulator has to know beside that follows it, where there is room. */
const nameStart = 56;
const nameBytes = 256;

/** Where in a record of a block there is room for text. */
const textStart = 144;
const textEnd = 280;

/**
 * Writes a record.
 * @param payloadBytes how long a written block is in the stream
 */
export function encodeRecord(record: StreamRecord, payloadBytes: number): Buffer {
  switch (record.kind) {
    case 'begin': {
      const { toName, toGuid, fromGuid = 0n, type, isClone, resumeAt } = record.header;
      const facts = { toName, toGuid, fromGuid, type: type === 'volume' ? 3 : 2, flags: isClone ? 1 : 0 };
      const details = Buffer.from(toJson(packDetails(record.header)));
      const kind = singleStream | (resumeAt === undefined ? 0n : resumingFeature);
      // As with zfs, a stream has begun when its first record is there: it has a payload only where there is no room in the record.
      const isRoomy = Buffer.byteLength(toName) + 1 + details.length < nameBytes;
      const begin = encodeBegin(kind, facts, isRoomy ? Buffer.alloc(0) : details);
      if (isRoomy) details.copy(begin, nameStart + Buffer.byteLength(toName) + 1);
      return begin;
    }
    case 'package': {
      const { toName, list } = record.header;
      const facts = { toName, toGuid: 0n, fromGuid: 0n, type: 0, flags: 0 };
      return encodeBegin(compoundStream, facts, Buffer.from(list === undefined ? '' : toJson(list)));
    }
    case 'change': {
      const { block, value } = record.change;
      const length = value === undefined ? 0 : payloadBytes;
      const buffer = Buffer.alloc(recordBytes + length);
      buffer.writeUInt32LE(value === undefined ? types.free : types.write);
      buffer.writeUInt32LE(length, 4);
      if (value !== undefined) buffer.writeBigUInt64LE(BigInt(length), 32);
      buffer.write(JSON.stringify([block, value ?? null]), textStart, textEnd - textStart);
      return buffer;
    }
    case 'end': {
      const buffer = Buffer.alloc(recordBytes);
      buffer.writeUInt32LE(types.end);
      return buffer;
    }
  }
}

interface BeginFacts {
  readonly toName: string;
  readonly toGuid: bigint;
  readonly fromGuid: bigint;
  readonly type: number;
  readonly flags: number;
}

function encodeBegin(
  headerType: bigint,
  { toName, toGuid, fromGuid, type, flags }: BeginFacts,
  payload: Buffer,
): Buffer {
  const buffer = Buffer.alloc(recordBytes);
  buffer.writeUInt32LE(types.begin);
  buffer.writeUInt32LE(payload.length, 4);
  buffer.writeBigUInt64LE(magic, 8);
  buffer.writeBigUInt64LE(headerType, 16);
  buffer.writeUInt32LE(type, 32);
  buffer.writeUInt32LE(flags, 36);
  buffer.writeBigUInt64LE(toGuid, 40);
  buffer.writeBigUInt64LE(fromGuid, 48);
  buffer.write(toName, nameStart, nameBytes - 1);
  return Buffer.concat([buffer, payload]);
}

/** How many bytes follow a record as its payload. */
export function payloadLengthOf(head: Buffer): number {
  return head.readUInt32LE(4);
}

/** Whether this is the head of a record at all. */
export function isRecord(head: Buffer): boolean {
  const isOther = [types.write, types.free, types.end].some((type) => type === head.readUInt32LE(0));
  return isBeginning(head) || (isOther && payloadLengthOf(head) < 2 ** 24);
}

/** Whether a stream begins with this record. */
function isBeginning(head: Buffer): boolean {
  return head.readUInt32LE(0) === types.begin && head.readBigUInt64LE(8) === magic;
}

/** Reads a record; undefined when it is none. */
export function decodeRecord(head: Buffer, payload: Buffer): StreamRecord | undefined {
  switch (head.readUInt32LE(0)) {
    case types.begin: {
      if (!isBeginning(head)) return undefined;
      if ((head.readBigUInt64LE(16) & 3n) === singleStream) {
        const toName = toText(head.subarray(nameStart));
        const rest = toText(head.subarray(nameStart + Buffer.byteLength(toName) + 1));
        const details = fromJson(rest === '' ? payload.toString() : rest) as Details;
        return { kind: 'begin', header: unpackDetails(toName, head, details) };
      }
      const list = payload.length === 0 ? undefined : (fromJson(payload.toString()) as PackageList);
      return { kind: 'package', header: { toName: toText(head.subarray(nameStart)), list } };
    }
    case types.write:
    case types.free: {
      const [block, value] = JSON.parse(toText(head.subarray(textStart, textEnd))) as [number, number | null];
      return { kind: 'change', change: { block, value: value ?? undefined } };
    }
    case types.end:
      return { kind: 'end' };
    default:
      return undefined;
  }
}

/** What a beginning has no field for, in the order of `StreamHeader`; short, as there is little room. */
type Details = [
  flags: string,
  resumeAt: number | null,
  createdAtSeconds: number,
  encryption: string | null,
  ivSet: bigint | null,
  fromIvSet: bigint | null,
  wrappedWith: string | null,
  features: readonly PoolFeature[],
];

function packDetails({
  flags,
  resumeAt,
  createdAtSeconds,
  encryption,
  features,
  ...header
}: StreamHeader): Details {
  const { largeBlocks, embedded, compressed, raw } = flags;
  return [
    `${largeBlocks ? 'L' : ''}${embedded ? 'e' : ''}${compressed ? 'c' : ''}${raw ? 'w' : ''}`,
    ...([resumeAt ?? null, createdAtSeconds, encryption ?? null] as const),
    ...([header.ivSet ?? null, header.fromIvSet ?? null, header.wrappedWith ?? null] as const),
    features,
  ];
}

function unpackDetails(toName: string, head: Buffer, details: Details): StreamHeader {
  const [flags, resumeAt, createdAtSeconds, encryption, ivSet, fromIvSet, wrappedWith, features] = details;
  const fromGuid = head.readBigUInt64LE(48);
  return {
    ...{ toName, toGuid: head.readBigUInt64LE(40), fromGuid: fromGuid === 0n ? undefined : fromGuid },
    ...{ type: head.readUInt32LE(32) === 3 ? 'volume' : 'filesystem', isClone: head.readUInt32LE(36) === 1 },
    flags: {
      ...{ largeBlocks: flags.includes('L'), embedded: flags.includes('e') },
      ...{ compressed: flags.includes('c'), raw: flags.includes('w') },
    },
    ...{ resumeAt: resumeAt ?? undefined, createdAtSeconds, encryption: encryption ?? undefined },
    ...{
      ivSet: ivSet ?? undefined,
      fromIvSet: fromIvSet ?? undefined,
      wrappedWith: wrappedWith ?? undefined,
    },
    features,
  };
}

function toText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function toJson(value: Details | PackageList): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `guid:${part}` : part));
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && /^guid:[0-9]+$/.test(value) ? BigInt(value.slice(5)) : value,
  );
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

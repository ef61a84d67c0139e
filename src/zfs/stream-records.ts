/*
 * The records that a stream of `zfs send` consists of (`dmu_replay_record_t` in `zfs_ioctl.h`): 312 bytes each, and then a payload. A
 * stream may have been written on a machine of the other byte order.
 */

/** The size of a record without its payload. */
export const recordBytes = 312;

/** The first bytes of what a stream is about, in the byte order of a PC. */
export const streamMagic = 0x2_f5ba_cbacn;

/** `DMU_BACKUP_FEATURE_RESUMING` where features stand, behind two bits. */
const resumingFeature = 1n << 26n;

/** More than any block that ZFS has: 16 MiB. */
const longestBlock = 2 ** 25;

const [begin, object, freeObjects, write, free, end] = [0, 1, 2, 3, 4, 5];
const [writeByReference, spill, writeEmbedded, objectRange, redact] = [6, 7, 8, 9, 10];

/** A record with how many bytes follow it. */
export type StreamRecord =
  | { readonly kind: 'begin'; readonly begin: StreamBegin; readonly payloadBytes: number }
  | { readonly kind: 'end' | 'other'; readonly payloadBytes: number };

/** What a stream says of itself at its beginning. */
export interface StreamBegin {
  /** Whether it has whole streams in it, of several snapshots, and maybe properties: by `-I`, `-p` or `-R` of `zfs send`. */
  readonly isPackage: boolean;
  readonly type: 'filesystem' | 'volume' | 'unknown';
  /** Whether it makes a clone. */
  readonly isClone: boolean;
  /** Whether it is the rest of one that was interrupted. */
  readonly isResuming: boolean;
  readonly toGuid: bigint;
  /** 0 where it begins with nothing. */
  readonly fromGuid: bigint;
  /** The sender's name of the dataset. */
  readonly dataset: string;
  /** The part of the snapshot's name after `@`. */
  readonly snapshot: string;
}

/** Reads records of a stream, in the byte order that its last beginning had. */
export class RecordReader {
  #isLittle = true;

  /** Reads a record. @param head `recordBytes` of them @returns undefined for what is none */
  read(head: Buffer): StreamRecord | undefined {
    if (this.#findOrder(head)) {
      return { kind: 'begin', begin: this.#readBegin(head), payloadBytes: this.#word(head, 4) };
    }
    const payloadBytes = this.#findPayload(head);
    if (payloadBytes === undefined || payloadBytes > longestBlock) return undefined;
    return { kind: this.#word(head, 0) === end ? 'end' : 'other', payloadBytes };
  }

  /** Whether this is a beginning; its byte order holds from here on. */
  #findOrder(head: Buffer): boolean {
    const isBegin = head.readUInt32LE(0) === begin;
    if (isBegin && head.readBigUInt64LE(8) === streamMagic) this.#isLittle = true;
    else if (isBegin && head.readBigUInt64BE(8) === streamMagic) this.#isLittle = false;
    else return false;
    return true;
  }

  #readBegin(head: Buffer): StreamBegin {
    const versionInfo = this.#long(head, 16);
    const types: Readonly<Record<number, StreamBegin['type']>> = { 2: 'filesystem', 3: 'volume' };
    const name = head.toString('utf8', 56);
    const [fullName = ''] = name.split('\0', 1);
    const dataset = fullName.replace(/@.*$/s, '');
    return {
      // Whatever isn't one single stream; zfs takes nothing but 1 and 2.
      isPackage: (versionInfo & 3n) !== 1n,
      type: types[this.#word(head, 32)] ?? 'unknown',
      isClone: (this.#word(head, 36) & 1) !== 0,
      isResuming: (versionInfo & resumingFeature) !== 0n,
      toGuid: this.#long(head, 40),
      fromGuid: this.#long(head, 48),
      dataset,
      snapshot: fullName.slice(dataset.length + 1),
    };
  }

  /** How many bytes follow any other record, by the rules that zfs has for each (`DRR_WRITE_PAYLOAD_SIZE` and the like). */
  #findPayload(head: Buffer): number | undefined {
    switch (this.#word(head, 0)) {
      case object:
        return this.#word(head, 36) || roundUp(this.#word(head, 28));
      case write:
        return Number(this.#long(head, head[50] === 0 ? 32 : 96));
      case spill:
        return Number(this.#long(head, 40) || this.#long(head, 16));
      case writeEmbedded:
        return roundUp(this.#word(head, 52));
      case freeObjects:
      case free:
      case end:
      case writeByReference:
      case objectRange:
      case redact:
        return 0;
      default:
        return undefined;
    }
  }

  #word(head: Buffer, offset: number): number {
    return this.#isLittle ? head.readUInt32LE(offset) : head.readUInt32BE(offset);
  }

  #long(head: Buffer, offset: number): bigint {
    return this.#isLittle ? head.readBigUInt64LE(offset) : head.readBigUInt64BE(offset);
  }
}

/** To a multiple of 8. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

import { RecordReader, recordBytes, type StreamBegin } from './stream-records.js';

/** A stream that was asked for. */
export interface AwaitedStream {
  readonly type: 'filesystem' | 'volume';
  /** What it brings, one after another; several only in a stream of `zfs send -I`, which may lack some of them. */
  readonly parts: readonly AwaitedPart[];
  /** What else is wrong with one of them, in words after "a stream"; nothing when left out. */
  readonly findFault?: (begin: StreamBegin) => string | undefined;
}

/** A snapshot that was asked for. */
export interface AwaitedPart {
  /** Undefined for any. */
  readonly toGuid: bigint | undefined;
  /** What it begins from, 0 for nothing; undefined where the receiver knows that alone. */
  readonly fromGuid: bigint | undefined;
  /** Whether it makes a clone; undefined where the receiver knows that alone. */
  readonly isClone: boolean | undefined;
}

/** What may go to `zfs receive`, and what is wrong with what comes after it. */
export interface Checked {
  readonly pieces: readonly Buffer[];
  /** In words, after "a stream"; undefined where nothing is wrong. */
  readonly fault: string | undefined;
}

/** Where in a stream the next record is. */
type Place =
  | { readonly kind: 'before' }
  /** After the beginning of a package, which ends at once. */
  | { readonly kind: 'package-head'; readonly dataset: string }
  | { readonly kind: 'package'; readonly dataset: string }
  | { readonly kind: 'stream'; readonly package: string | undefined };

/**
 * Reads streams that somebody else's zfs sends, one after another, on their way to `zfs receive`. Nothing of one that wasn't asked for goes
 * through: one that brings several datasets or properties (`zfs send -R` and `-p`), another snapshot than was planned, or
 * what is no stream. Its content is the sender's own. It finds the beginnings by following every record, as zfs does.
 */
export class StreamCheck {
  readonly #awaited: readonly AwaitedStream[];
  readonly #reader = new RecordReader();
  #index = 0;
  /** How many of its parts have begun, or been passed by. */
  #begun = 0;
  #place: Place = { kind: 'before' };
  /** The beginning of a record. */
  #head: Buffer = Buffer.alloc(0);
  /** How many bytes of the payload are still to come. */
  #payloadLeft = 0;
  #fault: string | undefined;

  constructor(awaited: readonly AwaitedStream[]) {
    this.#awaited = awaited;
  }

  /** The stream that is at work, or was to be. */
  get index(): number {
    return this.#index;
  }

  /** Takes the next bytes, cut anywhere. What comes after all streams, as from a shell that says goodbye, is dropped. */
  take(chunk: Buffer): Checked {
    const pieces: Buffer[] = [];
    /** What is looked at begins at `start`, and is fine up to `position`. */
    let [start, position] = [0, 0];
    while (position < chunk.length && this.#fault === undefined) {
      if (this.#payloadLeft > 0) {
        const length = Math.min(this.#payloadLeft, chunk.length - position);
        this.#payloadLeft -= length;
        position += length;
        continue;
      }
      if (this.#awaited[this.#index] === undefined) break;
      const missing = recordBytes - this.#head.length;
      const part = chunk.subarray(position, position + missing);
      const head = this.#head.length === 0 ? part : Buffer.concat([this.#head, part]);
      if (head.length < recordBytes) {
        this.#head = head;
        break;
      }
      this.#fault = this.#takeRecord(head);
      if (this.#fault !== undefined) break;
      if (this.#head.length > 0) {
        // It began in an earlier chunk, and was kept back.
        pieces.push(head);
        start = position + part.length;
      }
      this.#head = Buffer.alloc(0);
      position += part.length;
    }
    if (position > start) pieces.push(chunk.subarray(start, position));
    return { pieces, fault: this.#fault };
  }

  /** Goes on by a record. Gives what is wrong with it, in words. */
  #takeRecord(head: Buffer): string | undefined {
    const record = this.#reader.read(head);
    if (record === undefined) {
      return this.#place.kind === 'stream' ? 'with an invalid record' : 'that is not a ZFS stream';
    }
    this.#payloadLeft = record.payloadBytes;
    const place = this.#place;
    if (record.kind === 'begin' && (place.kind === 'before' || place.kind === 'package')) {
      return this.#begin(record.begin, record.payloadBytes, place);
    }
    if (record.kind === 'end' && place.kind !== 'before') {
      this.#end(place);
      return undefined;
    }
    return record.kind === 'other' && place.kind === 'stream' ? undefined : 'with a misplaced record';
  }

  #begin(
    begin: StreamBegin,
    payloadBytes: number,
    place: Extract<Place, { kind: 'before' | 'package' }>,
  ): string | undefined {
    const awaited = this.#awaited[this.#index];
    if (awaited === undefined) return undefined;
    if (begin.isPackage) {
      // `zfs send -I` says nothing at the beginning of a package; of `-R`, `-p`, `-b` and `-h`, their list of datasets and properties is there.
      if (place.kind === 'package' || awaited.parts.length < 2 || payloadBytes > 0) {
        return 'of several datasets or with properties, like "zfs send -R" and "-p"';
      }
      this.#place = { kind: 'package-head', dataset: begin.dataset };
      return undefined;
    }
    const inPackage = place.kind === 'package' ? place.dataset : undefined;
    if (inPackage !== undefined && begin.dataset !== inPackage) {
      return `of several datasets: ${inPackage} and ${begin.dataset}`;
    }
    if (begin.type !== awaited.type) return `of a ${begin.type}, but a ${awaited.type} was requested`;
    const fault = awaited.findFault?.(begin) ?? this.#findPartFault(begin, awaited.parts);
    if (fault === undefined) this.#place = { kind: 'stream', package: inPackage };
    return fault;
  }

  /** What makes a stream another one than any that is still awaited. */
  #findPartFault(
    { toGuid, fromGuid, isClone }: StreamBegin,
    parts: readonly AwaitedPart[],
  ): string | undefined {
    const index = parts.findIndex((part, at) => at >= this.#begun && (part.toGuid ?? toGuid) === toGuid);
    const part = parts[index];
    if (part === undefined) {
      return `of the snapshot with the GUID ${toGuid}, but ${parts[this.#begun]?.toGuid ?? 'none'} was requested`;
    }
    // Where versions are gone, the next one begins where the first of them was to begin.
    const bases = parts.slice(this.#begun, index + 1).map((each) => each.fromGuid);
    if (!bases.includes(undefined) && !bases.includes(fromGuid)) {
      return `based on the GUID ${fromGuid}, but ${part.fromGuid ?? 'none'} was requested`;
    }
    if (part.isClone === false && isClone) return 'that creates a clone, but none was requested';
    this.#begun = index + 1;
    return undefined;
  }

  #end(place: Exclude<Place, { kind: 'before' }>): void {
    if (place.kind === 'package-head') {
      this.#place = { kind: 'package', dataset: place.dataset };
      return;
    }
    if (place.kind === 'stream' && place.package !== undefined) {
      this.#place = { kind: 'package', dataset: place.package };
      return;
    }
    this.#place = { kind: 'before' };
    this.#index++;
    this.#begun = 0;
  }
}

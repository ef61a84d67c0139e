import { largestGuid, lastSecond, readDoubledValue, unlessDash, UnreadableOutput } from './list-fields.js';
import type { DetailOptions, SnapshotDetails, SnapshotRow } from './list.js';
import { maxNameLength } from './names.js';

/** Takes the snapshots and bookmarks of a list. */
export interface SnapshotSink {
  /** @param row holds the values of this line only until it returns: the next line is written over them */
  readonly add: (row: SnapshotRow, details?: SnapshotDetails) => void;
}

/**
 * Reads the output of `listSnapshotsArguments` line by line, and hands each over as it is read: a host may have millions, for
 * which an object more each is what takes the time. So one object serves for all lines.
 * @throws UnreadableOutput at the first line that isn't a snapshot
 */
export function scanSnapshots(output: string, sink: SnapshotSink): void {
  const scanner = new SnapshotScanner(output, sink, undefined);
  while (!scanner.isAtEnd) scanner.scanLine();
}

/**
 * Reads the output of `listDetailedSnapshotsArguments` in the same way. Not every bookmark knows its size.
 * @throws UnreadableOutput at the first line that isn't a snapshot, or has a note with a tab or a line end
 */
export function scanDetailedSnapshots(output: string, sink: SnapshotSink, options: DetailOptions): void {
  const scanner = new SnapshotScanner(output, sink, options);
  while (!scanner.isAtEnd) scanner.scanLine();
}

/** Goes through a list of snapshots once, character by character. */
class SnapshotScanner {
  readonly #output: string;
  readonly #sink: SnapshotSink;
  readonly #details: DetailOptions | undefined;
  #start = 0;
  /** The dataset of the line before: mostly the next line is about it, too, and one string serves them all. */
  #dataset = '';
  /** The line that is handed over. */
  readonly #row: { -readonly [Field in keyof SnapshotRow]: SnapshotRow[Field] } = {
    ...{ kind: 'snapshot', dataset: '', name: '', guid: 0n, createtxg: 0 },
  };

  /** @param details whether there are some, and how; undefined where there are none */
  constructor(output: string, sink: SnapshotSink, details: DetailOptions | undefined) {
    this.#output = output;
    this.#sink = sink;
    this.#details = details;
  }

  get isAtEnd(): boolean {
    return this.#start >= this.#output.length;
  }

  /** Hands over the name, GUID and transaction group that a line begins with. An empty line is passed over. */
  scanLine(): void {
    const output = this.#output;
    const start = this.#start;
    if (output.charCodeAt(start) === code.newline) {
      this.#start = start + 1;
      return;
    }
    const separator = this.#findSeparator();
    const afterName = skipName(output, separator + 1);
    const afterGuid = skipDigits(output, afterName + 1);
    const afterTxg = skipDigits(output, afterGuid + 1);
    const isWhole =
      separator > start &&
      afterName > separator + 1 &&
      afterName - start <= maxNameLength &&
      output.charCodeAt(afterName) === code.tab &&
      afterGuid > afterName + 1 &&
      afterGuid - afterName <= mostGuidDigits + 1 &&
      output.charCodeAt(afterGuid) === code.tab &&
      afterTxg > afterGuid + 1 &&
      afterTxg - afterGuid <= mostTxgDigits + 1;
    const end = output.charCodeAt(afterTxg) === code.newline ? afterTxg : findLineEnd(output, start);
    if (!isWhole || (afterTxg < end && output.charCodeAt(afterTxg) !== code.tab)) {
      throw new UnreadableOutput(output.slice(start, end));
    }
    const guid = BigInt(output.slice(afterName + 1, afterGuid));
    if (guid > largestGuid) throw new UnreadableOutput(output.slice(start, end));
    const row = this.#row;
    row.kind = output.charCodeAt(separator) === code.at ? 'snapshot' : 'bookmark';
    row.dataset = this.#dataset;
    row.name = output.slice(separator + 1, afterName);
    row.guid = guid;
    row.createtxg = readNumber(output, afterGuid + 1, afterTxg);
    this.#sink.add(row, this.#details && this.#readDetails(start, separator, afterTxg, end));
    this.#start = end + 1;
  }

  /** What stands behind the transaction group. */
  #readDetails(start: number, separator: number, afterTxg: number, end: number): SnapshotDetails {
    const output = this.#output;
    const afterCreation = skipDigits(output, afterTxg + 1);
    const hasNoSize =
      output.charCodeAt(separator) === code.hash && output.charCodeAt(afterCreation + 1) === code.dash;
    const afterSize = hasNoSize ? afterCreation + 2 : skipDigits(output, afterCreation + 1);
    const createdAtSeconds = readNumber(output, afterTxg + 1, afterCreation);
    const isWhole =
      output.charCodeAt(afterTxg) === code.tab &&
      afterCreation > afterTxg + 1 &&
      createdAtSeconds <= lastSecond &&
      output.charCodeAt(afterCreation) === code.tab &&
      afterSize > afterCreation + 1 &&
      afterSize - afterCreation <= mostSizeDigits + 1 &&
      afterSize <= end &&
      (this.#details?.withNotes === true ? output.charCodeAt(afterSize) === code.tab : afterSize === end);
    if (!isWhole) throw new UnreadableOutput(output.slice(start, end));
    const referencedBytes = hasNoSize ? 0 : readNumber(output, afterCreation + 1, afterSize);
    return { createdAtSeconds, referencedBytes, note: this.#readNote(start, afterSize, end) };
  }

  /** The note behind the size. Nearly all are `-`. */
  #readNote(start: number, afterSize: number, end: number): string | undefined {
    const output = this.#output;
    if (this.#details?.withNotes !== true) return undefined;
    if (end - afterSize === noNote.length && output.startsWith(noNote, afterSize)) return undefined;
    const line = output.slice(start, end);
    return unlessDash(readDoubledValue(line.split('\t'), detailColumns));
  }

  /** Where the name of the snapshot or bookmark begins, the dataset being noted; the line's start when it doesn't. */
  #findSeparator(): number {
    const output = this.#output;
    const start = this.#start;
    const expected = start + this.#dataset.length;
    if (output.charCodeAt(expected) === code.at && output.startsWith(this.#dataset, start)) return expected;
    const last = Math.min(output.length - 1, start + maxNameLength);
    for (let index = start; index <= last; index++) {
      const character = output.charCodeAt(index);
      if (character === code.at || character === code.hash) {
        this.#dataset = output.slice(start, index);
        return index;
      }
      if (!isNameCharacter(character) && character !== code.slash) return start;
    }
    return start;
  }
}

const code = {
  tab: 0x09,
  newline: 0x0a,
  hash: 0x23,
  dash: 0x2d,
  slash: 0x2f,
  zero: 0x30,
  at: 0x40,
} as const;

/** What stands behind the size where there is no note. */
const noNote = '\t-\t-';

/** How many columns stand before the note. */
const detailColumns = 5;

/** No number of ZFS has more than 64 bits. */
const mostSizeDigits = 20;

const mostGuidDigits = largestGuid.toString().length;

/** A pool that wrote a thousand groups a second would get there in thirty thousand years, and a number holds it exactly. */
const mostTxgDigits = 15;

/** By its code, 1 for each character that ZFS takes in a part of a name (`zfs_namecheck.c`, `valid_char`). */
const nameCharacters = Uint8Array.from({ length: 128 }, (_, character) =>
  /[A-Za-z0-9_.: -]/.test(String.fromCharCode(character)) ? 1 : 0,
);

/** Whether a character may stand in a part of a name. NaN, as beyond the end, may not. */
function isNameCharacter(character: number): boolean {
  return nameCharacters[character] === 1;
}

/** Where the part of a name that begins at a place ends. */
function skipName(text: string, from: number): number {
  let to = from;
  while (isNameCharacter(text.charCodeAt(to))) to++;
  return to;
}

/** Where the digits that begin at a place end. */
function skipDigits(text: string, from: number): number {
  let to = from;
  for (let digit = text.charCodeAt(to); digit >= code.zero && digit <= 0x39; digit = text.charCodeAt(to)) {
    to++;
  }
  return to;
}

/** The number that digits stand for. */
function readNumber(text: string, from: number, to: number): number {
  let number = 0;
  for (let index = from; index < to; index++) number = number * 10 + text.charCodeAt(index) - code.zero;
  return number;
}

function findLineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline;
}

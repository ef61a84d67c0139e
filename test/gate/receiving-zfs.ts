import { appendFileSync, readSync } from 'node:fs';
import { RecordReader, recordBytes } from '../../src/zfs/stream-records.js';

/*
 * A zfs that keeps what it receives: `node receiving-zfs.js FILE ARGUMENTS...`. Like the real one, it reads exactly one stream from stdin, or one
 * package of streams, and leaves what stands behind it.
 */

const [file = '', subcommand = '', ...words] = process.argv.slice(2);
if (subcommand === 'list') process.stdout.write(`${process.env['USED'] ?? '1000'}\n`);
if (subcommand === 'receive') process.exitCode = receive(file);
if (words.length === 0) process.exitCode = 2;

/** Reads so many bytes, or what there is. */
function read(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  while (length < bytes) {
    const more = readSync(0, buffer, length, bytes - length, null);
    if (more === 0) break;
    length += more;
  }
  return buffer.subarray(0, length);
}

function receive(into: string): number {
  const reader = new RecordReader();
  let [depth, isPackage] = [0, false];
  do {
    const head = read(recordBytes);
    const record = head.length < recordBytes ? undefined : reader.read(head);
    if (record === undefined) {
      appendFileSync(into, head);
      return 1;
    }
    const payload = read(record.payloadBytes);
    appendFileSync(into, Buffer.concat([head, payload]));
    if (payload.length < record.payloadBytes) return 1;
    if (record.kind === 'begin') {
      // The beginning of a package has an end of its own.
      if (record.begin.isPackage) [isPackage, depth] = [true, 2];
      else depth++;
    }
    if (record.kind === 'end') depth--;
  } while (depth > 0);
  return isPackage && depth < 0 ? 1 : 0;
}

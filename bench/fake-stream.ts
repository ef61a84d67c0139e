import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordBytes } from '../src/zfs/stream-records.js';
import { encodeRecord } from '../test/sim/stream-format.js';

/** The longest block that is written. Long ones cost whoever follows the records little, as those of large files do. */
const blockBytes = 2 ** 23;

const snapshotFlags = { largeBlocks: true, embedded: false, compressed: true, raw: false };

/**
 * Writes a stream of a volume's snapshot in pieces: files to be written out one after another, some of them many times.
 * @param folder is made
 * @param sizeBytes of the whole stream
 * @returns the paths in order
 */
export function writeStreamPieces(
  folder: string,
  snapshot: { readonly name: string; readonly guid: bigint },
  sizeBytes: number,
): string[] {
  mkdirSync(folder);
  const write = (name: string, content: Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const [begin, end] = [encodeBegin(snapshot), encodeRecord({ kind: 'end' }, 0)];
  const forBlocks = sizeBytes - begin.length - end.length;
  const whole = Math.floor(forBlocks / (recordBytes + blockBytes)) - 1;
  const rest = forBlocks - Math.max(whole, 0) * (recordBytes + blockBytes);
  if (rest < 2 * recordBytes) throw new Error(`a stream of ${sizeBytes} bytes is too short`);
  const half = Math.floor(rest / 2);
  return [
    write('begin', begin),
    ...Array<string>(Math.max(whole, 0)).fill(write('block', encodeBlock(recordBytes + blockBytes))),
    ...[write('last-but-one', encodeBlock(half)), write('last', encodeBlock(rest - half))],
    write('end', end),
  ];
}

function encodeBegin({ name, guid }: { readonly name: string; readonly guid: bigint }): Buffer {
  const header = {
    ...({ toName: name, toGuid: guid, fromGuid: undefined, type: 'volume', isClone: false } as const),
    ...{
      flags: snapshotFlags,
      resumeAt: undefined,
      createdAtSeconds: 0,
      encryption: undefined,
      features: [],
    },
  };
  return encodeRecord({ kind: 'begin', header }, 0);
}

/** Of so many bytes, with its record. */
function encodeBlock(bytes: number): Buffer {
  return encodeRecord({ kind: 'change', change: { block: 0, value: 1 } }, bytes - recordBytes);
}

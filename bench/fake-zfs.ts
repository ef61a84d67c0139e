import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoteCommand, quoteWord } from '../src/base/shell.js';
import { writeStreamPieces } from './fake-stream.js';

/** The one snapshot that there is to send. */
export const snapshotName = 'tank/disk@zfs-vm:disk:1';

/** Where the receiver has what comes. */
export const receiverPlace = 'tank/to';

const receivedName = snapshotName.replace(/^tank/, receiverPlace);

const snapshotGuid = 4242424242424242n;

/** GUID and transaction group of the snapshot. */
const identity = `${snapshotGuid}\\t100`;

/** As much as zfs puts into a record of a stream at most, unless told to make larger blocks. */
const blockBytes = 128 * 1024;

/*
 * Each stands for zfs on one side, as far as zfs-vm and a pipe made by hand ask it. The bytes cost next to nothing, neither to be made
 * nor to be taken, so that what is measured is the way between. A send says at once how much it will be: nobody waits for its progress.
 */
const senderZfs = (sizeBytes: number, writeStream: string, sendsPath: string): string => `#!/bin/sh
case "$*" in
  *'-t filesystem,volume'*) printf 'tank/disk\\tvolume\\t-\\t0\\t1795249568\\toff\\t-\\t-\\n' ;;
  *'-o name,referenced'*) printf 'tank/disk\\t${sizeBytes}\\n' ;;
  *'-t snapshot'*) printf '${snapshotName}\\t${identity}\\n' ;;
  send*)
    case "$*" in *'-P'*) printf 'size\\t${sizeBytes}\\n' >&2 ;; esac
    echo >>${quoteWord(sendsPath)}
    ${writeStream} ;;
  program*) exec cat >/dev/null ;;
  hold*|release*|get*) ;;
  *) echo "fake zfs: $*" >&2; exit 2 ;;
esac
`;

/** The command that writes the stream. */
function formatWriting(pieces: readonly string[], sizeBytes: number, pace: Pace | undefined): string {
  const write = quoteCommand(['cat', ...pieces]);
  if (pace === undefined) return `exec ${write}`;
  const { chunkBytes, pauseSeconds } = pace;
  const pass = `dd bs=${chunkBytes} count=1 iflag=fullblock status=none || exit; sleep ${pauseSeconds}`;
  const chunks = Math.ceil(sizeBytes / chunkBytes);
  return `${write} | { i=0; while [ $i -lt ${chunks} ]; do ${pass}; i=$((i + 1)); done; }`;
}

/** How slow the sender's disk is: after each chunk it rests. */
export interface Pace {
  /** A part of the size. */
  readonly chunkBytes: number;
  readonly pauseSeconds: number;
}

const receiverZfs = (reportPath: string): string => `#!/bin/sh
report=${quoteWord(reportPath)}
case "$*" in
  *'-t filesystem,volume'*) printf '%s\\tfilesystem\\t-\\t0\\t1795249568\\toff\\t-\\t-\\n' tank ${receiverPlace} ;;
  *'-t snapshot'*'${receivedName}'*)
    [ -s "$report" ] && printf '${receivedName}\\t${identity}\\n' ;;
  *'-t snapshot'*) ;;
  receive*)
    dd of=/dev/null bs=${blockBytes} 2>"$report.part" || exit
    mv "$report.part" "$report"
    bytes=$(sed -n 's/^\\([0-9]*\\) bytes.*/\\1/p' "$report")
    echo 'receiving full stream of ${snapshotName} into ${receivedName}'
    echo "received \${bytes}B stream in 1.00 seconds (\${bytes}B/sec)" ;;
  *) echo "fake zfs: $*" >&2; exit 2 ;;
esac
`;

/** Two hosts that have a zfs which only pretends: one with a snapshot of a given size, one that lacks it. */
export class FakeZfs {
  /** The folder to have first in PATH on the sender. */
  readonly senderFolder: string;
  /** The same on the receiver. */
  readonly receiverFolder: string;
  readonly #reportPath: string;
  readonly #sendsPath: string;

  /** Puts them into a folder that is there. @param pace how slow the sender is; it costs next to nothing when left out */
  constructor(folder: string, sizeBytes: number, pace?: Pace) {
    this.#reportPath = join(folder, 'received');
    this.#sendsPath = join(folder, 'sends');
    const pieces = writeStreamPieces(
      join(folder, 'stream'),
      { name: snapshotName, guid: snapshotGuid },
      sizeBytes,
    );
    const writeStream = formatWriting(pieces, sizeBytes, pace);
    this.senderFolder = putScript(join(folder, 'sender'), senderZfs(sizeBytes, writeStream, this.#sendsPath));
    this.receiverFolder = putScript(join(folder, 'receiver'), receiverZfs(this.#reportPath));
  }

  /** Lets the receiver lack the snapshot again. */
  reset(): void {
    for (const path of [this.#reportPath, this.#sendsPath]) rmSync(path, { force: true });
  }

  /** How many streams the sender has begun since then. */
  countSends(): number {
    return readFileSync(this.#sendsPath, 'utf8').length;
  }

  /** How many bytes the receiver got since it lacked the snapshot, by its own count; undefined when no stream came to its end. */
  readReceivedBytes(): number | undefined {
    try {
      const bytes = /^([0-9]+) bytes/m.exec(readFileSync(this.#reportPath, 'utf8'))?.[1];
      return bytes === undefined ? undefined : Number(bytes);
    } catch {
      return undefined;
    }
  }
}

/** Makes a folder with a script that is called zfs, and gives its path. */
function putScript(folder: string, script: string): string {
  mkdirSync(folder);
  const path = join(folder, 'zfs');
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return folder;
}

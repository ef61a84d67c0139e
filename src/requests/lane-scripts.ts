import { quoteCommand, quoteWord } from '../base/shell.js';
import { packWords, unpackWords } from '../base/zstd.js';
import { receiveWords } from '../zfs/receive.js';
import { sendArguments, tellingSendArguments } from '../zfs/send.js';
import type { RequestOf } from './request.js';
import { fromSentStream, landingOfStream } from './streams.js';

/*
 * A lane carries many streams one after another through a single channel. On each side a POSIX shell line runs one zfs after
 * another: `zfs receive` reads exactly its own stream, so the next one begins at the right byte (seen on OpenZFS 2.1 and 2.3, for
 * filesystems, volumes, raw streams and those of `zfs send -I`). In both scripts, "$@" calls zfs.
 *
 * On a compressed lane each stream is a zstd frame of its own, so that it leaves the sender as soon as it is written, and ends with
 * the status of its zfs. To the receiver frames after each other are one input, unpacked by one zstd for all legs. That one reads
 * 128 KiB at a time (zstd 1.5.4): how a leg has ended may be told only when some of the next ones has come.
 */

/** Stands before the number of a leg in what the scripts print. */
export const legMark = 'zfs-vm: leg';

/** The line that stands between the noise of a sender's shell and the streams. */
export const streamMark = 'zfs-vm: streams';

/**
 * A shell function that packs what a command writes to stdout, and ends as the command did. A pipe ends as its last command does,
 * so the status comes by another way: 3 leads to the shell, 4 to the real stdout.
 */
const pack = [
  'exec 4>&1',
  'pack() {',
  '  status=$({ { "$@" </dev/null 3>&- 4>&-; echo $? >&3; } |',
  `    ${quoteCommand(packWords)} >&4 3>&- 4>&-; } 3>&1) || [ "$status" != 0 ] || status=1`,
  '  return "${status:-1}"; }',
].join('\n');

/** The sender's script: writes all streams to stdout. It ends at the first that fails, with its status. */
export function sendScript({
  legs,
  compress,
  tellsProgress,
  hasNoise,
}: Omit<RequestOf<'send-lane'>, 'kind'>): string {
  const toArguments = tellsProgress ? tellingSendArguments : sendArguments;
  const calls = legs.flatMap((stream, index) => [
    `echo '${legMark} ${index}' >&2`,
    `${compress ? 'pack ' : ''}"$@" ${quoteCommand(toArguments(fromSentStream(stream)))} </dev/null || exit`,
  ]);
  return [
    ...(hasNoise ? [`printf '\\n%s\\n' '${streamMark}'`] : []),
    ...(compress ? [pack] : []),
    ...calls,
  ].join('\n');
}

/** Skips what a sender's shell prints before the streams. `read` takes a line from a pipe byte by byte, and leaves the stream alone. */
export const skipNoise = `while IFS= read -r line && [ "$line" != '${streamMark}' ]; do :; done`;

/** A shell function that receives a leg, of which the number and the command are its words, and prints how it ended. @param giveUp what follows a failure */
export function takeFunction(giveUp: string): string {
  return [
    'take() { leg=$1; shift; "$@" 2>&1; status=$?',
    `printf '\\n${legMark} %s %s\\n' "$leg" "$status"; [ $status = 0 ] || ${giveUp}; }`,
  ].join('\n');
}

/**
 * The receiver's script: receives all streams from stdin, and prints how each ended as soon as it has (`LegReports`). It ends at
 * the first that fails, with its status.
 */
export function receiveScript({ legs, compress, hasNoise }: Omit<RequestOf<'receive-lane'>, 'kind'>): string {
  // zstd would wait for more input before it noticed that nobody reads what it unpacks.
  const giveUp = compress ? '{ kill -s PIPE "$unpacker" 2>/dev/null; exit $status; }' : 'exit $status';
  const take = takeFunction(giveUp);
  const exclusions = new Exclusions();
  const calls = legs.map((stream, index) => {
    const { options, exclusions: excluded, target } = receiveWords(landingOfStream(stream));
    return `take ${index} "$@" ${quoteCommand(options)} ${exclusions.nameOf(excluded)} ${quoteWord(target)}`;
  });
  const begin = [...exclusions.definitions, ...(hasNoise ? [skipNoise] : [])];
  if (!compress) return [...begin, take, ...calls].join('\n');
  // Its number comes through the pipe before anything else.
  const unpack = quoteCommand(['sh', '-c', `echo "$$"; exec ${quoteCommand(unpackWords)}`]);
  return [...begin, `${unpack} | {`, 'read -r unpacker', take, ...calls, '}'].join('\n');
}

/** What the calls of a script exclude, which is nearly always the same: written once, so that a lane has room for more of them. */
class Exclusions {
  readonly #names = new Map<string, string>();

  /** The shell words for some, which have neither blanks nor any other character that means something to a shell. */
  nameOf(words: readonly string[]): string {
    const text = words.join(' ');
    const name = this.#names.get(text) ?? `x${this.#names.size}`;
    this.#names.set(text, name);
    return `$${name}`;
  }

  /** Lines that come before the calls. */
  get definitions(): string[] {
    return [...this.#names].map(([text, name]) => `${name}='${text}'`);
  }
}

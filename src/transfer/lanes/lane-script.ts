import { LineSplitter } from '../../host/line-splitter.js';
import type { Chain } from '../../plan/plan.js';
import {
  groupByStream,
  landingOf,
  streamOf,
  type PlannedStream,
  type StreamSteps,
} from '../../plan/stream.js';
import { quoteCommand, quoteWord } from '../../base/shell.js';
import { receiveWords } from '../../zfs/receive.js';
import { sendArguments, tellingSendArguments, type StreamOption } from '../../zfs/send.js';
import { packWords, unpackWords } from '../../base/zstd.js';

/*
 * A lane carries many streams one after another through a single channel. On each side a POSIX shell line runs one zfs after
 * another: `zfs receive` reads exactly its own stream, so the next one begins at the right byte (seen on OpenZFS 2.1 and 2.3, for
 * filesystems, volumes, raw streams and those of `zfs send -I`). In both scripts, "$@" calls zfs.
 *
 * On a compressed lane each stream is a zstd frame of its own, so that it leaves the sender as soon as it is written, and ends with
 * the status of its zfs. To the receiver frames after each other are one input, unpacked by one zstd for all legs. That one reads
 * 128 KiB at a time (zstd 1.5.4): how a leg has ended may be told only when some of the next ones has come.
 */

/** One stream of a lane. */
export interface Leg extends PlannedStream {
  /** Which of the usual options aren't said: those that the chain leaves out, and those that the receiver has refused. */
  readonly omitted: readonly StreamOption[];
}

/** How one leg ended on the receiver. */
export interface LegReport {
  readonly index: number;
  readonly status: number;
  /** What zfs wrote, stdout and stderr; the end of it. */
  readonly said: string;
}

/** How a lane's streams are sent. */
export interface SendOptions {
  /** Whether zstd packs them. */
  readonly compress: boolean;
  /** Whether each zfs tells on stderr how far it is. */
  readonly tellsProgress: boolean;
  /** Whether the sender's shell prints something of its own before the streams: a line then stands between. */
  readonly hasNoise: boolean;
}

/** How a lane's streams are received. */
export interface ReceiveOptions extends Pick<SendOptions, 'compress' | 'hasNoise'> {
  /** Whether a snapshot that comes alone is named to zfs, which then refuses streams of several datasets; it isn't when left out. */
  readonly isNamed?: boolean;
}

/** Stands before the number of a leg in what the scripts print. */
const mark = 'zfs-vm: leg';

/** The line that stands between the noise of a sender's shell and the streams. */
export const streamMark = 'zfs-vm: streams';

/** How much of what zfs says of a leg is kept: its end. */
const longestSaid = 16_384;

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

/** The streams that bring the steps of a chain. @param share whether several may go in one */
export function toLegs(chain: Chain, share: boolean): Leg[] {
  const groups = share ? groupByStream(chain) : chain.steps.map((step): StreamSteps => [step]);
  return groups.map((steps) => ({ chain, steps, omitted: chain.omitted }));
}

/** The sender's script: writes all streams to stdout. It ends at the first that fails, with its status. */
export function sendScript(legs: readonly Leg[], { compress, tellsProgress, hasNoise }: SendOptions): string {
  const toArguments = tellsProgress ? tellingSendArguments : sendArguments;
  const calls = legs.flatMap(({ chain, steps, omitted }, index) => [
    `echo '${mark} ${index}' >&2`,
    `${compress ? 'pack ' : ''}"$@" ${quoteCommand(toArguments(streamOf(chain, steps, omitted)))} </dev/null || exit`,
  ]);
  return [
    ...(hasNoise ? [`printf '\\n%s\\n' '${streamMark}'`] : []),
    ...(compress ? [pack] : []),
    ...calls,
  ].join('\n');
}

/**
 * The receiver's script: receives all streams from stdin, and prints how each ended as soon as it has (`LegReports`). It ends at
 * the first that fails, with its status.
 */
export function receiveScript(
  legs: readonly Leg[],
  { compress, hasNoise, isNamed = false }: ReceiveOptions,
): string {
  // `read` takes a line from a pipe byte by byte, and leaves the stream alone.
  const skip = `while IFS= read -r line && [ "$line" != '${streamMark}' ]; do :; done`;
  // zstd would wait for more input before it noticed that nobody reads what it unpacks.
  const giveUp = compress ? '{ kill -s PIPE "$unpacker" 2>/dev/null; exit $status; }' : 'exit $status';
  const take = [
    'take() { leg=$1; shift; "$@" 2>&1; status=$?',
    `printf '\\n${mark} %s %s\\n' "$leg" "$status"; [ $status = 0 ] || ${giveUp}; }`,
  ].join('\n');
  const exclusions = new Exclusions();
  const calls = legs.map(({ chain, steps, omitted }, index) => {
    const { options, exclusions: excluded, target } = receiveWords(landingOf(chain, steps, omitted, isNamed));
    return `take ${index} "$@" ${quoteCommand(options)} ${exclusions.nameOf(excluded)} ${quoteWord(target)}`;
  });
  const begin = [...exclusions.definitions, ...(hasNoise ? [skip] : [])];
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

/** Reads what a `receiveScript` prints, as it comes. */
export class LegReports {
  readonly #onReport: (report: LegReport) => void;
  readonly #onTalk: (line: string) => void;
  readonly #lines = new LineSplitter((line) => {
    this.#take(line);
  });
  #said = '';
  /** How many characters have come since the last report. */
  talkLength = 0;

  /** @param onTalk hears each line that zfs says of the leg that isn't done yet */
  constructor(onReport: (report: LegReport) => void, onTalk: (line: string) => void) {
    this.#onReport = onReport;
    this.#onTalk = onTalk;
  }

  /** Takes the next piece of output, cut anywhere. */
  feed(piece: string): void {
    this.talkLength += piece.length;
    this.#lines.feed(piece);
  }

  /** What has come since the last report, its end: a receive that was cut off may have said why. */
  get rest(): string {
    return `${this.#said}${this.#lines.rest}`.slice(-longestSaid).trim();
  }

  #take(line: string): void {
    const [, index, status] = reportPattern.exec(line) ?? [];
    if (index !== undefined && status !== undefined) {
      const said = this.#said.slice(-longestSaid).trim();
      this.#said = '';
      this.talkLength = 0;
      this.#onReport({ index: Number(index), status: Number(status), said });
      return;
    }
    this.#said += `${line}\n`;
    // Not each time: that would copy all of it for each line.
    if (this.#said.length > 2 * longestSaid) this.#said = this.#said.slice(-longestSaid);
    this.#onTalk(line);
  }
}

const reportPattern = new RegExp(`^${mark} ([0-9]{1,9}) ([0-9]{1,9})$`);

/** The number of the leg that a `sendScript` begins with this line of its stderr; undefined for any other line. */
export function readBegunLeg(line: string): number | undefined {
  const index = new RegExp(`^${mark} ([0-9]{1,9})$`).exec(line)?.[1];
  return index === undefined ? undefined : Number(index);
}

/** Of what a `sendScript` wrote to stderr, the last leg that was begun, and what zfs said of it. */
export function findLastSent(stderr: string): { readonly index: number | undefined; readonly said: string } {
  const marks = [...stderr.matchAll(new RegExp(`^${mark} ([0-9]{1,9})\\n?`, 'gm'))];
  const last = marks.at(-1);
  if (last === undefined) return { index: undefined, said: stderr.trim() };
  return { index: Number(last[1]), said: stderr.slice(last.index + last[0].length).trim() };
}

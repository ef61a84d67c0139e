import type { Chain, Step } from '../plan/plan.js';
import { landingOf, streamOf } from '../plan/stream.js';
import { quoteCommand } from '../shell.js';
import { receiveArguments } from '../zfs/receive.js';
import { sendArguments, tellingSendArguments } from '../zfs/send.js';

/*
 * A lane carries the streams of many steps one after another through a single channel. On each side a POSIX shell line runs one
 * zfs after another: `zfs receive` reads exactly its own stream, so the next one begins at the right byte (seen on OpenZFS 2.1 and
 * 2.3, for filesystems, volumes and raw streams). In both scripts, "$@" calls zfs.
 */

/** One stream of a lane. */
export interface Leg {
  readonly chain: Chain;
  readonly step: Step;
}

/** How one leg ended on the receiver. */
export interface LegReport {
  readonly index: number;
  readonly status: number;
  /** What zfs wrote, stdout and stderr. */
  readonly said: string;
}

/** Stands before the number of a leg in what the scripts print. */
const mark = 'zfs-vm: leg';

/** More than any line that zfs writes; of longer ones, only the end is kept. */
const longestSaid = 16_384;

/**
 * The sender's script: writes all streams to stdout. It ends at the first that fails, with its status. If asked for, each zfs tells
 * on stderr how far it is.
 */
export function sendScript(legs: readonly Leg[], options: { tellsProgress: boolean }): string {
  const toArguments = options.tellsProgress ? tellingSendArguments : sendArguments;
  return legs
    .map(({ chain, step }, index) =>
      [
        `echo '${mark} ${index}' >&2`,
        `"$@" ${quoteCommand(toArguments(streamOf(chain, step)))} </dev/null || exit`,
      ].join('\n'),
    )
    .join('\n');
}

/**
 * The receiver's script: receives all streams from stdin, and prints how each ended as soon as it has (`LegReports`). It ends at
 * the first that fails, with its status.
 */
export function receiveScript(legs: readonly Leg[]): string {
  const take = [
    'take() { leg=$1; shift; said=$("$@" 2>&1); status=$?',
    `printf '%s\\n${mark} %s %s\\n' "$said" "$leg" "$status"; [ $status = 0 ] || exit $status; }`,
  ].join('\n');
  const calls = legs.map(
    ({ chain, step }, index) =>
      `take ${index} "$@" ${quoteCommand(receiveArguments(landingOf(chain, step)))}`,
  );
  return [take, ...calls].join('\n');
}

/** Reads what a `receiveScript` prints, as it comes. */
export class LegReports {
  readonly #onReport: (report: LegReport) => void;
  #text = '';

  constructor(onReport: (report: LegReport) => void) {
    this.#onReport = onReport;
  }

  /** Takes the next piece of output, cut anywhere. */
  feed(piece: string): void {
    this.#text += piece;
    for (;;) {
      const match = new RegExp(`^${mark} ([0-9]+) ([0-9]+)\\n`, 'm').exec(this.#text);
      if (match === null) break;
      const said = this.#text.slice(0, match.index).trim();
      this.#text = this.#text.slice(match.index + match[0].length);
      this.#onReport({ index: Number(match[1]), status: Number(match[2]), said });
    }
    this.#text = this.#text.slice(-longestSaid);
  }

  /** What has come since the last report: a receive that was cut off may have said why. */
  get rest(): string {
    return this.#text.trim();
  }
}

/** The number of the leg that a `sendScript` begins with this line of its stderr; undefined for any other line. */
export function readBegunLeg(line: string): number | undefined {
  const index = new RegExp(`^${mark} ([0-9]+)$`).exec(line)?.[1];
  return index === undefined ? undefined : Number(index);
}

/** Of what a `sendScript` wrote to stderr, the last leg that was begun, and what zfs said of it. */
export function findLastSent(stderr: string): { readonly index: number | undefined; readonly said: string } {
  const marks = [...stderr.matchAll(new RegExp(`^${mark} ([0-9]+)\\n?`, 'gm'))];
  const last = marks.at(-1);
  if (last === undefined) return { index: undefined, said: stderr.trim() };
  return { index: Number(last[1]), said: stderr.slice(last.index + last[0].length).trim() };
}

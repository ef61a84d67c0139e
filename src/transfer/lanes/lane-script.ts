import { LineSplitter } from '../../host/line-splitter.js';
import type { Chain } from '../../plan/plan.js';
import {
  groupByStream,
  landingOf,
  streamOf,
  type PlannedStream,
  type StreamSteps,
} from '../../plan/stream.js';
import { legMark } from '../../requests/lane-scripts.js';
import type { RequestOf } from '../../requests/request.js';
import { toReceivedStream, toSentStream } from '../../requests/streams.js';
import type { StreamOption } from '../../zfs/send.js';

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

/** How much of what zfs says of a leg is kept: its end. */
const longestSaid = 16_384;

/** The streams that bring the steps of a chain. @param share whether several may go in one */
export function toLegs(chain: Chain, share: boolean): Leg[] {
  const groups = share ? groupByStream(chain) : chain.steps.map((step): StreamSteps => [step]);
  return groups.map((steps) => ({ chain, steps, omitted: chain.omitted }));
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

/** What the sender is asked for, to send all streams of a lane. */
export function sendLane(legs: readonly Leg[], options: SendOptions): RequestOf<'send-lane'> {
  const streams = legs.map(({ chain, steps, omitted }) => toSentStream(streamOf(chain, steps, omitted)));
  return { kind: 'send-lane', ...options, legs: streams };
}

/** What the receiver is asked for, to receive all streams of a lane. */
export function receiveLane(
  legs: readonly Leg[],
  { compress, hasNoise, isNamed = false }: ReceiveOptions,
): RequestOf<'receive-lane'> {
  const streams = legs.map(({ chain, steps, omitted }) =>
    toReceivedStream(landingOf(chain, steps, omitted, isNamed), steps.length, steps[0].kind === 'resume'),
  );
  return { kind: 'receive-lane', compress, hasNoise, legs: streams };
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

const reportPattern = new RegExp(`^${legMark} ([0-9]{1,9}) ([0-9]{1,9})$`);

/** The number of the leg that a `sendScript` begins with this line of its stderr; undefined for any other line. */
export function readBegunLeg(line: string): number | undefined {
  const index = new RegExp(`^${legMark} ([0-9]{1,9})$`).exec(line)?.[1];
  return index === undefined ? undefined : Number(index);
}

/** Of what a `sendScript` wrote to stderr, the last leg that was begun, and what zfs said of it. */
export function findLastSent(stderr: string): { readonly index: number | undefined; readonly said: string } {
  const marks = [...stderr.matchAll(new RegExp(`^${legMark} ([0-9]{1,9})\\n?`, 'gm'))];
  const last = marks.at(-1);
  if (last === undefined) return { index: undefined, said: stderr.trim() };
  return { index: Number(last[1]), said: stderr.slice(last.index + last[0].length).trim() };
}

import { toCommandError } from '../command-error.js';
import { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { toPrintable } from '../printable.js';
import { parseReceivedBytes } from '../zfs/receive.js';
import { isBusyFailure } from '../zfs/failure.js';
import type { Fault, TransferEvent } from './event.js';
import { readSendLine } from '../zfs/send.js';
import {
  findLastSent,
  LegReports,
  readBegunLeg,
  receiveScript,
  sendScript,
  type Leg,
  type LegReport,
} from './lane-script.js';
import { openJoint, runPipe, type PipeResult, type SenderNews } from './pipe.js';
import type { RateLimit } from './rate-limit.js';
import { findRootCause, type SideResult } from './root-cause.js';

/** What a lane works with. */
export interface LaneContext {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  /** Stops the lane. */
  readonly signal: AbortSignal;
  readonly rateLimit: RateLimit | undefined;
  /** After this time in which nothing moves, the lane is given up; 0 for never. */
  readonly stallMs: number;
}

/** How a lane went: the legs before the failed one are done, those after it not begun. */
export interface LaneResult {
  readonly bytes: number;
  /** How many legs are done. */
  readonly done: number;
  readonly failure: { readonly leg: Leg; readonly error: ZfsVmError; readonly fault: Fault } | undefined;
}

/**
 * Sends the streams of all legs through one channel. The receiver's word on each leg counts: what it has received to the end, it
 * has, whatever became of the channel afterwards.
 * @throws ZfsVmError when a host can't start commands
 */
export async function runLane(legs: readonly Leg[], context: LaneContext): Promise<LaneResult> {
  const { sender, receiver, emit, signal, rateLimit, stallMs } = context;
  const ends = await openJoint(sender.host, receiver.host, rateLimit);
  const isJoined = ends !== undefined;
  const progress = new LaneProgress(legs, isJoined, emit);
  const reports = new LegReports((report) => {
    progress.report(report);
  });
  progress.begin();
  const script = sendScript(legs, { tellsProgress: isJoined });
  const result = await runPipe(
    { host: sender.host, argv: ['sh', '-c', script, 'sh', ...sender.zfs] },
    { host: receiver.host, argv: ['sh', '-c', receiveScript(legs), 'sh', ...receiver.zfs] },
    {
      ...{ signal, rateLimit, stallMs },
      onBytes: (bytes) => {
        progress.addBytes(bytes);
      },
      onOutput: (text) => {
        reports.feed(text);
      },
      joint: ends && { ends, follow: (line) => progress.follow(line) },
    },
  );
  const { bytes, done, failed } = progress;
  const leg = legs[done];
  if (leg === undefined) return { bytes, done, failure: undefined };
  return {
    bytes,
    done,
    failure: { leg, ...explain(done, failed, reports.rest, result, context) },
  };
}

/** Follows the reports of both sides, and tells of the legs. */
class LaneProgress {
  readonly #legs: readonly Leg[];
  readonly #emit: (event: TransferEvent) => void;
  readonly #isJoined: boolean;
  #startedAtMs = performance.now();
  /** How many bytes the sender has told of, by leg; empty where they are counted on their way. */
  readonly #told = new Map<number, number>();
  #sending = 0;
  /** How many legs are done. */
  done = 0;
  /** The report of the leg that failed. */
  failed: LegReport | undefined;
  /** How many bytes have gone to the receiver, as far as is known. */
  bytes = 0;

  constructor(legs: readonly Leg[], isJoined: boolean, emit: (event: TransferEvent) => void) {
    this.#legs = legs;
    this.#isJoined = isJoined;
    this.#emit = emit;
  }

  begin(): void {
    this.#startedAtMs = performance.now();
    const leg = this.#legs[this.done];
    if (leg !== undefined) this.#emit({ kind: 'step-started', ...leg });
  }

  /** So many bytes have gone over, while the receiver was at the leg that isn't done yet. */
  addBytes(bytes: number): void {
    this.#add(this.done, bytes);
  }

  /** Reads a line of a sender that tells its progress. */
  follow(line: string): SenderNews {
    const begun = readBegunLeg(line);
    if (begun !== undefined) {
      this.#sending = begun;
      return 'words';
    }
    const said = readSendLine(line);
    switch (said.kind) {
      case 'sent':
        return this.#raise(this.#sending, said.bytes) ? 'moved' : 'nothing';
      case 'talk':
        return 'nothing';
      case 'other':
        return 'words';
    }
  }

  report(report: LegReport): void {
    const leg = this.#legs[report.index];
    if (leg === undefined || report.index !== this.done) return;
    if (report.status !== 0) {
      this.failed = report;
      return;
    }
    const bytes = parseReceivedBytes(report.said);
    // A sender tells of each full second; the rest of its stream only the receiver can tell.
    if (this.#isJoined && bytes !== undefined) this.#raise(report.index, bytes);
    this.done++;
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    this.#emit({ kind: 'step-done', ...leg, bytes, seconds });
    this.begin();
  }

  /** A leg has come to so many bytes; gives whether that is more than before. */
  #raise(index: number, bytes: number): boolean {
    const more = bytes - (this.#told.get(index) ?? 0);
    // What the receiver has told of as a whole needs nothing any more.
    if (more <= 0 || index < this.done) return false;
    this.#told.set(index, bytes);
    this.#add(index, more);
    return true;
  }

  #add(index: number, bytes: number): void {
    this.bytes += bytes;
    const leg = this.#legs[index] ?? this.#legs.at(-1);
    if (leg !== undefined) this.#emit({ kind: 'progress', chain: leg.chain, bytes });
  }
}

/** Tells which side failed first at a leg, and what may help. */
function explain(
  index: number,
  report: LegReport | undefined,
  rest: string,
  { send, receive, isStalled }: PipeResult,
  { sender, receiver, stallMs }: LaneContext,
): { error: ZfsVmError; fault: Fault } {
  if (isStalled) {
    const message = `nothing moved between ${sender.host.name} and ${receiver.host.name} for ${stallMs / 1000} s`;
    return {
      error: new ZfsVmError('connection', message, { hint: 'run the same command again' }),
      fault: 'lost',
    };
  }
  const receiveSide: SideResult =
    report === undefined
      ? { exit: receive.exit, stderr: `${rest}\n${receive.stderr}`.trim() }
      : { exit: { kind: 'exited', code: report.status }, stderr: report.said };
  const lastSent = findLastSent(send.stderr);
  // A sender that is at a later leg has sent all of this one.
  const isPast = lastSent.index !== undefined && lastSent.index > index;
  const sendSide: SideResult = isPast
    ? { exit: { kind: 'exited', code: 0 }, stderr: '' }
    : { exit: send.exit, stderr: lastSent.said };
  const cause = findRootCause(sendSide, receiveSide);
  const error =
    cause === 'send'
      ? toLegError(sender, 'zfs send', sendSide, receiver, 'zfs receive', receiveSide)
      : toLegError(receiver, 'zfs receive', receiveSide, sender, 'zfs send', sendSide);
  if (send.exit.kind === 'lost' || receive.exit.kind === 'lost') return { error, fault: 'lost' };
  return { error, fault: isBusyFailure(receiveSide.stderr) && cause === 'receive' ? 'busy' : 'failed' };
}

/** The error of the side that failed first, with what the other one said beneath. */
function toLegError(
  causing: Endpoint,
  what: string,
  cause: SideResult,
  other: Endpoint,
  otherWhat: string,
  symptom: SideResult,
): ZfsVmError {
  const error = toCommandError(causing.host.name, what, cause);
  const said = toPrintable(symptom.stderr.trim());
  if (said === '' || isSuccess(symptom.exit)) return error;
  return error.withDetail(`${other.host.name}: ${otherWhat} said: ${said}`);
}

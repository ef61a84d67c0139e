import type { Clock } from '../../base/clock.js';
import { ZfsVmError } from '../../base/errors.js';
import { argvOf } from '../../host/ask.js';
import type { Endpoint } from '../../host/endpoint.js';
import { describeFlood } from '../../host/run-command.js';
import { toPrintable } from '../../base/printable.js';
import type { Arrival, TransferEvent } from '../event.js';
import { explainTrouble, type Trouble } from './explain-trouble.js';
import { awaitStreams, ForeignStreams, type Refusal } from './foreign-streams.js';
import { LaneProgress } from './lane-progress.js';
import { LegReports, receiveLane, sendLane, type Leg } from './lane-script.js';
import {
  canJoin,
  closeInlet,
  findPipeElsewhere,
  isJoined,
  openInlet,
  runPipe,
  type Inlet,
  type PipeSides,
} from './pipe.js';
import type { RateLimit } from './rate-limit.js';

/** How many characters a receive may say of a stream, and of each version in it: two lines, each with two names at most. */
const usualTalk = 2 ** 20;
const talkPerStep = 2 ** 12;

/** What a lane works with. */
export interface LaneContext {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly clock: Clock;
  /** Stops the lane. */
  readonly signal: AbortSignal;
  readonly rateLimit: RateLimit | undefined;
  /** After this time in which nothing moves, the lane is given up; 0 for never. */
  readonly stallMs: number;
  /** Whether zstd packs the streams on the way: both hosts have it. */
  readonly compress: boolean;
  /** Whether the sender's shell prints something of its own before what it is asked for; it doesn't when left out. */
  readonly hasNoise: boolean;
  /** Whether the sender is somebody else's host: what it sends is looked at before the receiver's zfs gets it. */
  readonly isForeign: boolean;
  /** Whether it is for large streams: looking at each of their bytes would cost more than all else. */
  readonly isLarge?: boolean;
}

/** How a lane went: the legs before the failed one are done, those after it not begun. */
export interface LaneResult {
  readonly bytes: number;
  /** How many legs are done. */
  readonly done: number;
  /** An error for each version that was missing in a stream which went on without it; told already. */
  readonly skipErrors: readonly ZfsVmError[];
  /** What didn't arrive, and why; not told yet. */
  readonly failure: (Arrival & Trouble) | undefined;
}

/** A lane whose receiver is there, and waits for the streams of the legs. */
export interface OpenLane {
  readonly legs: readonly Leg[];
  readonly inlet: Inlet;
}

/**
 * Opens a lane: nothing is sent through it yet.
 * @throws ZfsVmError when the receiver can't start commands
 */
export async function openLane(legs: readonly Leg[], context: LaneContext): Promise<OpenLane> {
  const { receiver, compress, hasNoise, isForeign, signal } = context;
  const isNamed = isUnseen(context);
  const argv = argvOf(receiver, receiveLane(legs, { compress, hasNoise, isNamed }));
  const sides = toSides(context);
  // What is compressed has to be counted on its way: the sender's zfs only knows what it was before.
  return { legs, inlet: await openInlet(argv, sides, compress || (isForeign && !isNamed), signal) };
}

/** Closes a lane that nothing was sent through. */
export function closeLane({ inlet }: OpenLane): void {
  closeInlet(inlet);
}

/**
 * Sends the streams of all legs through a lane. The receiver's word on each leg counts: what it has received to the end, it
 * has, whatever became of the channel afterwards.
 * @param onStart is called when the sender has been started, too
 * @throws ZfsVmError when a host can't start commands
 */
export async function runLane(
  { legs, inlet }: OpenLane,
  context: LaneContext,
  onStart: () => void = () => undefined,
): Promise<LaneResult> {
  const { sender, receiver, emit, signal, clock, rateLimit, stallMs, compress, hasNoise } = context;
  const check =
    context.isForeign && !isUnseen(context) ? new ForeignStreams(awaitStreams(legs), hasNoise) : undefined;
  const progress = new LaneProgress(legs, {
    ...{ isJoined: isJoined(inlet), emit, clock },
    ...{ senderName: sender.host.name, receiverName: receiver.host.name },
  });
  const reports = new LegReports(
    (report) => {
      progress.report(report);
    },
    (said) => {
      progress.hear(said);
    },
  );
  const flood = new AbortController();
  const mostTalk = Math.max(...legs.map((leg) => usualTalk + leg.steps.length * talkPerStep));
  progress.begin();
  const argv = argvOf(sender, sendLane(legs, { compress, tellsProgress: isJoined(inlet), hasNoise }));
  const result = await runPipe({ host: sender.host, argv }, inlet, {
    ...{ signal: AbortSignal.any([signal, flood.signal]), clock, rateLimit, check, stallMs, onStart },
    onBytes: (bytes) => {
      progress.addBytes(bytes);
    },
    onOutput: (text) => {
      reports.feed(text);
      if (reports.talkLength > mostTalk) flood.abort();
    },
    follow: (line) => progress.follow(line),
  });
  const { bytes, done, failed, skipErrors, current } = progress;
  if (current === undefined) return { bytes, done, skipErrors, failure: undefined };
  if (flood.signal.aborted) {
    const error = describeFlood(receiver.host.name, 'zfs receive', mostTalk);
    return {
      ...{ bytes, done, skipErrors },
      failure: { ...current, error, fault: 'failed', mayGoAlone: false },
    };
  }
  if (check?.refusal?.index === done) {
    const error = describeRefusal(sender.host.name, check.refusal);
    return {
      ...{ bytes, done, skipErrors },
      failure: { ...current, error, fault: 'failed', mayGoAlone: false },
    };
  }
  const trouble = explainTrouble(
    { ...result, index: done, report: failed, rest: reports.rest },
    { ...context, ...current, omitted: legs[done]?.omitted ?? [] },
  );
  return { bytes, done, skipErrors, failure: { ...current, ...trouble } };
}

/**
 * Whether streams of somebody else's host go where nobody looks at them: what zstd has packed, what doesn't come along here, and large
 * ones that a pipe can join. Of one that brings a single version, zfs itself refuses what has several datasets in it, when the snapshot is
 * named.
 */
export function isUnseen({ isForeign, isLarge = false, compress, ...context }: LaneContext): boolean {
  if (!isForeign || compress) return isForeign;
  const sides = toSides(context);
  return findPipeElsewhere(sides) !== undefined || (isLarge && canJoin(sides));
}

function toSides({
  sender,
  receiver,
  rateLimit,
}: Pick<LaneContext, 'sender' | 'receiver' | 'rateLimit'>): PipeSides {
  const hasNoShell = sender.gate?.isThere === true;
  return { sender: sender.host, receiver: receiver.host, rateLimit, hasNoShell };
}

function describeRefusal(sender: string, { fault }: Refusal): ZfsVmError {
  return new ZfsVmError('failed', `${sender}: zfs send produced a stream ${toPrintable(fault)}`, {
    hint: 'the stream was not passed to the receiver; check on that host that "zfs" is the real command',
  });
}

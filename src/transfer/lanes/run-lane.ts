import { nameHost } from '../../base/host-words.js';
import type { Clock } from '../../base/clock.js';
import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import { argvOf } from '../../host/ask.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { describeFlood } from '../../host/run-command.js';
import { toPrintable } from '../../base/printable.js';
import type { Step } from '../../plan/plan.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { adaptOptions } from '../../plan/stream-options.js';
import { findStreamRefusal, isBusyFailure, isGone, isHoldDenied } from '../../zfs/failure.js';
import type { StreamOption } from '../../zfs/send.js';
import type { Arrival, Fault, TransferEvent } from '../event.js';
import { awaitStreams, ForeignStreams, type Refusal } from './foreign-streams.js';
import { LaneProgress } from './lane-progress.js';
import { findLastSent, LegReports, receiveLane, sendLane, type Leg, type LegReport } from './lane-script.js';
import {
  canJoin,
  closeInlet,
  findPipeElsewhere,
  isJoined,
  openInlet,
  runPipe,
  type Inlet,
  type PipeResult,
  type PipeSides,
} from './pipe.js';
import type { RateLimit } from './rate-limit.js';
import { findRootCause, type SideResult } from './root-cause.js';

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

/** What went wrong, and what may help. */
interface Trouble {
  readonly error: ZfsVmError;
  readonly fault: Fault;
  /** Whether each version in a stream of its own may go where several in one may not. */
  readonly mayGoAlone: boolean;
  /** Which of the usual options are to be left out for the receiver to take the stream; undefined where that wouldn't help. */
  readonly omitted?: readonly StreamOption[] | undefined;
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
  const trouble = explain(done, failed, reports.rest, result, {
    ...{ ...context, ...current },
    omitted: legs[done]?.omitted ?? [],
  });
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

/** Tells which side failed first at a leg, and what may help. @param context with the step at which it failed, and how it was sent */
function explain(
  index: number,
  report: LegReport | undefined,
  rest: string,
  { send, receive, isStalled }: PipeResult,
  { sender, receiver, stallMs, chain, step, omitted }: LaneContext & Arrival & Pick<Leg, 'omitted'>,
): Trouble {
  if (isStalled) {
    const message = `no progress between ${nameHost(sender.host.name)} and ${nameHost(receiver.host.name)} for ${stallMs / 1000} s; stream aborted`;
    const error = new ZfsVmError('connection', message, { hint: 'run the same command again' });
    return { error, fault: 'lost', mayGoAlone: false };
  }
  const receiveSide: SideResult =
    report === undefined
      ? { exit: receive.exit, stderr: `${rest}\n${receive.stderr}`.trim() }
      : // Beside zfs itself, only zstd writes there: why it had no more for zfs to read.
        {
          exit: { kind: 'exited', code: report.status },
          stderr: `${report.said}\n${receive.stderr}`.trim(),
        };
  const lastSent = findLastSent(send.stderr);
  // A sender that is at a later leg has sent all of this one.
  const isPast = lastSent.index !== undefined && lastSent.index > index;
  const sendSide: SideResult = isPast
    ? { exit: { kind: 'exited', code: 0 }, stderr: '' }
    : { exit: send.exit, stderr: lastSent.said };
  const cause = findRootCause(sendSide, receiveSide);
  if (cause === undefined && report === undefined) {
    const message = `${receiver.host.name}: zfs receive succeeded, but its output was cut off`;
    const error = new ZfsVmError('failed', message, {
      hint: 'run the same command again to check what was received',
    });
    return { error, fault: 'failed', mayGoAlone: false };
  }
  if (cause === undefined) {
    const error = new ZfsVmError(
      'failed',
      `${sender.host.name}: zfs send ended before all versions were sent`,
      {
        hint: 'run the same command again with -v; on that host, check "zpool status -v" for damage',
        details: sendSide.stderr === '' ? [] : [`stderr: ${toPrintable(sendSide.stderr)}`],
      },
    );
    return { error, fault: 'failed', mayGoAlone: false };
  }
  const error =
    cause === 'send'
      ? toLegError(sender, 'zfs send', sendSide, receiver, 'zfs receive', receiveSide)
      : toLegError(receiver, 'zfs receive', receiveSide, sender, 'zfs send', sendSide);
  if (send.exit.kind === 'lost' || receive.exit.kind === 'lost') {
    return { error, fault: 'lost', mayGoAlone: false };
  }
  const isPassing =
    cause === 'receive' ? isBusyFailure(receiveSide.stderr) : isBaseGone(sendSide.stderr, step);
  return {
    error,
    fault: isPassing ? 'busy' : 'failed',
    mayGoAlone: cause === 'send' && isHoldDenied(sendSide.stderr),
    omitted:
      cause === 'receive'
        ? adaptOptions(
            omitted,
            { raw: chain.raw, isResumed: step.kind === 'resume' },
            findStreamRefusal(receiveSide.stderr),
          )
        : undefined,
  };
}

/** Whether a send failed because somebody has destroyed what it begins from: a new plan may begin at its bookmark. */
function isBaseGone(stderr: string, step: Step): boolean {
  return 'from' in step && isGone(stderr, fullNameOf(step.from));
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
  return error.withDetail(`${other.host.name}: ${otherWhat}: ${said}`);
}

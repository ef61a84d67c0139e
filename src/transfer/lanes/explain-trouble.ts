import { ZfsVmError } from '../../base/errors.js';
import { nameHost } from '../../base/host-words.js';
import { toPrintable } from '../../base/printable.js';
import { toCommandError } from '../../host/command-error.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import type { Step } from '../../plan/plan.js';
import { adaptOptions } from '../../plan/stream-options.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { findStreamRefusal, isBusyFailure, isGone, isHoldDenied } from '../../zfs/failure.js';
import type { StreamOption } from '../../zfs/send.js';
import type { Arrival, Fault } from '../event.js';
import { findLastSent, type LegReport } from './lane-script.js';
import type { PipeResult } from './pipe.js';
import { findRootCause, type SideResult } from './root-cause.js';

/** What went wrong, and what may help. */
export interface Trouble {
  readonly error: ZfsVmError;
  readonly fault: Fault;
  /** Whether each version in a stream of its own may go where several in one may not. */
  readonly mayGoAlone: boolean;
  /** Which of the usual options are to be left out for the receiver to take the stream; undefined where that wouldn't help. */
  readonly omitted?: readonly StreamOption[] | undefined;
}

/** How the pipe of a lane ended, and what the receiver said of the leg that failed. */
export interface LaneEnd extends PipeResult {
  /** The leg's place in the lane. */
  readonly index: number;
  /** What its receive came to; undefined where the lane ended before it told. */
  readonly report: LegReport | undefined;
  /** What the receiver said after its last report. */
  readonly rest: string;
}

/** The step at which a leg failed, between whom it went, and how it was sent. */
export interface FailedLeg extends Arrival {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  readonly stallMs: number;
  readonly omitted: readonly StreamOption[];
}

/** Tells which side failed first at a leg, and what may help. */
export function explainTrouble(
  { index, report, rest, send, receive, isStalled }: LaneEnd,
  { sender, receiver, stallMs, chain, step, omitted }: FailedLeg,
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
  const sending = { endpoint: sender, command: 'zfs send', ...sendSide };
  const receiving = { endpoint: receiver, command: 'zfs receive', ...receiveSide };
  const error = cause === 'send' ? toLegError(sending, receiving) : toLegError(receiving, sending);
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

/** One side of a leg, and how it ended. */
interface LegSide extends SideResult {
  readonly endpoint: Endpoint;
  /** What ran there. */
  readonly command: string;
}

/** The error of the side that failed first, with what the other one said beneath. */
function toLegError(causing: LegSide, other: LegSide): ZfsVmError {
  const error = toCommandError(causing.endpoint.host.name, causing.command, causing);
  const said = toPrintable(other.stderr.trim());
  if (said === '' || isSuccess(other.exit)) return error;
  return error.withDetail(`${other.endpoint.host.name}: ${other.command}: ${said}`);
}

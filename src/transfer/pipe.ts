import type { Readable, Writable } from 'node:stream';
import { toCommandError } from '../command-error.js';
import type { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { readTail } from '../host/run-command.js';
import { toPrintable } from '../printable.js';
import { findRootCause, type SideResult } from './root-cause.js';

/** How a stream went: only when both sides exited with 0 is it done. */
export type PipeResult =
  | { readonly kind: 'done'; readonly bytes: number }
  | {
      readonly kind: 'failed';
      readonly bytes: number;
      readonly error: ZfsVmError;
      /** Whether a host went away, so that nothing more can be done with it. */
      readonly isLost: boolean;
    };

/** How long a sender may take to end once the receiver has all it needs. */
const senderGraceMs = 10_000;

/**
 * Runs `zfs send` on one host into `zfs receive` on another; `onBytes` hears of every chunk. Whatever ends one side ends
 * the other: the receiver keeps what it has as a partial receive. Aborting ends both.
 * @throws ZfsVmError when a host can't start commands
 */
export async function pipeStream(
  sender: Endpoint,
  sendArguments: readonly string[],
  receiver: Endpoint,
  receiveArguments: readonly string[],
  options: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<PipeResult> {
  // The receiver first: a sender without one would only fill its pipe.
  const receive = await receiver.host.start([...receiver.zfs, ...receiveArguments], {
    signal: options.signal,
  });
  const stopSender = new AbortController();
  const send = await sender.host
    .start([...sender.zfs, ...sendArguments], {
      signal: AbortSignal.any([options.signal, stopSender.signal]),
    })
    .catch((error: unknown) => {
      receive.stdin.destroy();
      throw error;
    });

  // A receiver that fails needs no more. One that has all of its stream ends well, maybe before the sender's end has come
  // through: the sender gets the time to end, too.
  let graceTimer: NodeJS.Timeout | undefined;
  void receive.exit.then((exit) => {
    const graceMs = isSuccess(exit) ? senderGraceMs : 0;
    graceTimer = setTimeout(() => {
      stopSender.abort();
    }, graceMs);
  });
  let bytes = 0;
  const flow = pump(send.stdout, receive.stdin, (count) => {
    bytes += count;
    options.onBytes(count);
  });
  receive.stdout.resume();
  const [sendStderr, receiveStderr, sendExit, receiveExit] = await Promise.all([
    readTail(send.stderr),
    readTail(receive.stderr),
    send.exit,
    receive.exit,
    flow,
  ]);
  clearTimeout(graceTimer);
  const sendSide = { hostName: sender.host.name, what: 'zfs send', exit: sendExit, stderr: sendStderr };
  const receiveSide = {
    hostName: receiver.host.name,
    what: 'zfs receive',
    exit: receiveExit,
    stderr: receiveStderr,
  };
  const cause = findRootCause(sendSide, receiveSide);
  if (cause === undefined) return { kind: 'done', bytes };
  const error = cause === 'send' ? toPipeError(sendSide, receiveSide) : toPipeError(receiveSide, sendSide);
  const isLost = sendExit.kind === 'lost' || receiveExit.kind === 'lost';
  return { kind: 'failed', bytes, error, isLost };
}

/**
 * Writes a stream into another, waiting whenever the sink is full, and ends the sink. What comes after the sink has closed is
 * read and dropped, so that the source can end. Breaks are only symptoms here: the exits of both commands tell the cause.
 */
async function pump(source: Readable, sink: Writable, onBytes: (count: number) => void): Promise<void> {
  sink.on('error', () => undefined);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (sink.destroyed) continue;
      onBytes(chunk.length);
      if (!sink.write(chunk)) await drained(sink);
    }
  } catch {
    // The source broke off: the sink ends here, and its reader will notice.
  }
  sink.end();
}

/** Waits until a sink takes more, or never will. */
function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done).off('close', done);
      resolve();
    };
    sink.on('drain', done).on('close', done);
    if (sink.destroyed) done();
  });
}

interface NamedSide extends SideResult {
  readonly hostName: string;
  readonly what: string;
}

/** The error of the side that failed first, with what the other one said beneath. */
function toPipeError(cause: NamedSide, other: NamedSide): ZfsVmError {
  const error = toCommandError(cause.hostName, cause.what, cause);
  const said = toPrintable(other.stderr.trim());
  if (said === '') return error;
  return error.withDetail(`${other.hostName}: ${other.what} said: ${said}`);
}

import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { toCommandError } from '../command-error.js';
import type { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { readTail } from '../host/run-command.js';
import { toPrintable } from '../printable.js';
import { findRootCause, type SideResult } from './root-cause.js';

/** How a stream went: only when both sides exited with 0 is it done. */
export type PipeResult =
  | { readonly kind: 'done'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly bytes: number; readonly error: ZfsVmError };

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
  let bytes = 0;
  const meter = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      options.onBytes(chunk.length);
      done(null, chunk);
    },
  });

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

  // A receiver that ends early breaks the pipe; the pipe's own error is only a symptom, the exits tell the cause.
  const flow = pipeline(send.stdout, meter, receive.stdin).catch(() => {
    stopSender.abort();
  });
  receive.stdout.resume();
  const [sendStderr, receiveStderr, sendExit, receiveExit] = await Promise.all([
    readTail(send.stderr),
    readTail(receive.stderr),
    send.exit,
    receive.exit,
    flow,
  ]);
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
  return { kind: 'failed', bytes, error };
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

import { type HostProcess } from '../host/host.js';
import { drained } from '../base/write-all.js';
import { renderRequest, type Limits } from '../requests/render.js';
import type { ReceivedStream, RequestOf } from '../requests/request.js';
import { ForeignStreams } from '../transfer/lanes/foreign-streams.js';
import { RateLimit } from '../transfer/lanes/rate-limit.js';
import type { AwaitedStream } from '../zfs/stream-check.js';
import type { StreamBegin } from '../zfs/stream-records.js';
import { readBytesLeft } from './ask-zfs.js';
import { conclude, passOutputs } from './outputs.js';
import { Refusal, type GateContext } from './gate-context.js';
import { findSnapshotFault, type Policy } from './policy.js';

/**
 * Receives the streams of a lane, and gives the exit status. Each is looked at on its way: nothing of one goes to zfs that brings several
 * datasets, properties or what was not said before.
 * @throws Refusal for what isn't let through, when zfs has ended
 */
export async function receiveStreams(
  request: RequestOf<'receive-lane'>,
  context: GateContext,
  limits: Limits,
): Promise<number> {
  const { host, zfs, policy, stdin, signal, clock } = context;
  let bytesLeft = (await readBytesLeft(context)) ?? Infinity;
  const check = new ForeignStreams(
    request.legs.map((leg) => awaitStream(leg, policy)),
    request.hasNoise,
  );
  const rate = toRateLimit(context);
  const receive = await host.start(renderRequest(request, zfs, limits), { signal });
  receive.stdin.on('error', () => undefined);
  const outputs = passOutputs(receive, context);
  let reason: string | undefined;
  void receive.exit.then(() => {
    // Nobody reads what still comes.
    stdin.destroy();
  });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      for (const piece of check.take(chunk).flatMap((bytes) => [...(rate?.cut(bytes) ?? [bytes])])) {
        bytesLeft -= piece.length;
        if (bytesLeft < 0) {
          reason = `more than the ${policy.quotaBytes ?? 0} bytes that may be used (--quota)`;
        }
        if (reason !== undefined || receive.stdin.destroyed) break;
        const waitMs = rate?.take(piece.length) ?? 0;
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        if (!receive.stdin.write(piece)) await drained(receive.stdin);
      }
      if (check.refusal !== undefined) reason = `a stream ${check.refusal.fault}`;
      if (reason !== undefined) break;
    }
  } catch {
    // The client is gone, or zfs has ended: its exit tells.
  }
  receive.stdin.end();
  const status = await conclude(receive, outputs);
  if (reason !== undefined) throw new Refusal(reason);
  return status;
}

/** Passes on what zfs sends, no faster than it may. */
export async function sendSlowly(send: HostProcess, context: GateContext): Promise<number> {
  const { stdout, clock, signal } = context;
  const rate = toRateLimit(context);
  const errors = passOutputs({ ...send, stdout: undefined }, context);
  try {
    for await (const chunk of send.stdout as AsyncIterable<Buffer>) {
      for (const piece of rate?.cut(chunk) ?? [chunk]) {
        const waitMs = rate?.take(piece.length) ?? 0;
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        if (!stdout.write(piece)) await drained(stdout);
      }
    }
  } catch {
    // The client is gone.
  }
  return conclude(send, errors);
}

function toRateLimit({ policy, clock }: GateContext): RateLimit | undefined {
  return policy.bytesPerSecond === undefined ? undefined : new RateLimit(policy.bytesPerSecond, clock);
}

/** What a stream has to be, as far as its client has said it. */
function awaitStream(leg: ReceivedStream, policy: Policy): AwaitedStream {
  const { type, origin, parts, isResumed, snapshot } = leg;
  // Without an origin that is named, zfs would look for one in the whole pool.
  const isClone = origin === undefined && !isResumed ? false : undefined;
  const part = { toGuid: undefined, fromGuid: undefined, isClone };
  return {
    type,
    parts: Array.from({ length: parts }, () => part),
    findFault: (begin) => (begin.isPackage ? undefined : findBeginFault(begin, leg, snapshot, policy)),
  };
}

function findBeginFault(
  { isResuming, isClone, fromGuid, snapshot: name }: StreamBegin,
  { type, isResumed, makesFilesystem }: ReceivedStream,
  snapshot: string | undefined,
  policy: Policy,
): string | undefined {
  if (isResumed !== isResuming) return isResumed ? 'that resumes nothing' : 'that resumes another one';
  const isNew = (fromGuid === 0n || isClone) && !isResuming;
  // It must not mount by itself.
  if (isNew && type === 'filesystem' && !makesFilesystem) {
    return 'that makes a filesystem, where none was asked for';
  }
  const fault = snapshot === undefined ? findSnapshotFault(policy, `@${name}`) : undefined;
  return fault === undefined ? undefined : `that brings what is not let through: ${fault}`;
}

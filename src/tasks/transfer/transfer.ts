import { ZfsVmError } from '../../base/errors.js';
import { planFanOut } from '../../plan/fan-out.js';
import type { Step } from '../../plan/plan.js';
import { estimateSizes } from '../../transfer/around/estimate-sizes.js';
import type { Surroundings } from '../surroundings.js';
import type { PlannedTransfers, ReceiverFailure, ReceiverOutcome } from '../transfer-outcome.js';
import { gather } from './gather.js';
import { refuseMistakenHosts } from './mistaken-host.js';
import type { TransferOptions } from './options.js';
import type { PreparedTransfer, ReceiverRequest } from './receiver-transfer.js';
import { attempt, FailureTeller, lookAt, withReceivers } from './receivers.js';
import { describeEncoding, listShared, startRound } from './round.js';

/**
 * Brings receivers up to date: looks at both sides of each, plans, runs the plans of those together who are ready, and goes on with each
 * receiver alone where one was lost, busy, or late. What several of them need is read once. Whatever becomes of one, the others go on.
 * @param requests each with another receiver; their options but for the destination and the rate are the same
 * @throws ZfsVmError when it can't be done for any of them, or what would be destroyed is not confirmed
 */
export async function transfer(
  requests: readonly ReceiverRequest[],
  options: TransferOptions,
  surroundings: Surroundings,
): Promise<ReceiverOutcome[]> {
  return withReceivers(requests, surroundings, async (receivers) => {
    const { signal } = surroundings;
    const looks = lookAt(receivers);
    const ready = await gather(
      looks.map(({ prepared }) => prepared),
      {
        waitMs: findPatience(options),
        connecting: looks.map(({ connecting }) => connecting),
        ...{ clock: surroundings.clock, signal },
      },
    );
    const [first] = ready.values();
    if (first !== undefined) await refuseMistakenHosts(looks, first.plan, surroundings.config);
    const works = new Map(Array.from(ready, ([index, { work }]) => [index, work]));
    const starting = startRound(works, { ...options, lagMs: limitLag(options) }, surroundings);
    const failure = starting.then(() => undefined).catch((error: unknown) => error);
    const failures = new FailureTeller(receivers.length, surroundings);
    const outcomes = await settleAll(
      looks.map(async (look, index) => {
        const inRound = works.has(index) ? starting.then(({ resultOf }) => resultOf(index)) : undefined;
        const outcome = await attempt(look, inRound, surroundings);
        // As long as others may fail by the same, it isn't told for each of them.
        if (ready.size > 0 && outcome.error !== (await failure)) failures.tell(outcome);
        return outcome;
      }),
    );
    // What was done to the end before it was stopped is done.
    if (signal.aborted && outcomes.some(({ error }) => error !== undefined)) {
      // What was held is released, as far as that can be waited for.
      await starting.then(({ over }) => over).catch(() => undefined);
      throw outcomes.find(({ error }) => error?.kind === 'interrupted')?.error ?? signal.reason;
    }
    const { over } = await starting;
    await over;
    failures.tellAll(outcomes);
    return outcomes;
  });
}

/**
 * Plans what `transfer` would do, and changes nothing.
 * @throws ZfsVmError when that can't be done for any of the receivers
 */
export async function planTransfers(
  requests: readonly ReceiverRequest[],
  surroundings: Surroundings,
): Promise<PlannedTransfers> {
  return withReceivers(requests, surroundings, async (receivers) => {
    const { signal } = surroundings;
    const looks = lookAt(receivers);
    const ends = await Promise.allSettled(looks.map(({ prepared }) => prepared));
    signal.throwIfAborted();
    const made: PreparedTransfer[] = [];
    const failed: ReceiverFailure[] = [];
    for (const [index, end] of ends.entries()) {
      const receiver = receivers[index]?.name ?? '';
      if (end.status === 'fulfilled') made.push(end.value);
      else if (end.reason instanceof ZfsVmError) failed.push({ receiver, error: end.reason });
      else throw end.reason;
    }
    const [first] = made;
    if (first !== undefined) await refuseMistakenHosts(looks, first.plan, surroundings.config);
    new FailureTeller(receivers.length, surroundings).tellAll(failed);
    const chains = made.flatMap(({ plan }) => plan.chains);
    const sizes =
      first === undefined
        ? new Map<Step, number>()
        : await estimateSizes(first.sides.sender, { chains }, signal);
    signal.throwIfAborted();
    const plans = made.map(({ plan, passed, sides, compress, work }) => ({
      ...{ receiverName: work.receiver, plan, passed, sizes, compress },
      ...sides,
    }));
    const shared = listShared(
      planFanOut(made.map(({ plan, compress }) => ({ plan, encoding: describeEncoding({ compress }) }))),
      made.map(({ sides }) => sides.receiver.host.name),
    );
    return { plans, shared, failures: failed };
  });
}

/** For how long those who are ready wait for the others. Everything that would be destroyed is shown before anything is done. */
function findPatience(options: TransferOptions): number | undefined {
  const mayLose = options.rollback || options.replace || options.deletesGone;
  return mayLose ? undefined : limitLag(options);
}

/** Those who wait for others are not to look as if they had stalled. */
function limitLag({ stallMs, lagMs }: TransferOptions): number {
  return stallMs === 0 ? lagMs : Math.min(lagMs, stallMs / 2);
}

/** What all promises give. @throws what one of them threw, when all are settled */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

import type { Host } from '../../host/host.js';
import type { Chain } from '../../plan/plan.js';
import type { Leg } from '../lanes/lane-script.js';
import type { ReceiverRun } from './receiver-run.js';
import { Tee } from '../lanes/tee.js';

/** One receiver's part of what goes through a lane. */
export interface LanePart {
  readonly run: ReceiverRun;
  /** As many as every other part has, with the same steps. */
  readonly chains: readonly Chain[];
}

/**
 * Runs chains in one lane, or a few after each other where one doesn't take them. What goes to several receivers is read once on the
 * sender. Chains behind a failed step are given back; the others go on without a receiver that failed or was left behind. Each
 * receiver's part counts as a lane to it until that is done with it, which may be earlier than others are. Whatever comes of it, its
 * receivers know.
 */
export async function runChains(parts: readonly LanePart[]): Promise<void> {
  const members = parts.map(({ run, chains }) => new Member(run, chains, parts.length > 1));
  try {
    await together(members, ({ run, chains, signal }) => run.prepare(chains, signal));
    await runLegs(members.filter(({ legs }) => legs.length > 0));
  } catch (error) {
    for (const member of members) member.run.breakOff(member, error);
  } finally {
    for (const member of members) member.run.endLane(member);
  }
}

/** A receiver in a lane. */
class Member {
  readonly run: ReceiverRun;
  readonly chains: readonly Chain[];
  /** Ends its part of the lane. */
  readonly signal: AbortSignal;
  /** What is still to be sent to it. */
  legs: readonly Leg[] = [];

  constructor(run: ReceiverRun, chains: readonly Chain[], isShared: boolean) {
    this.run = run;
    this.chains = chains;
    const { signal } = run.context;
    this.signal = isShared ? AbortSignal.any([signal, run.leftBehind]) : signal;
    run.beginLane(this);
  }
}

/** Sends what is left to be sent. @param members those that something is left for */
async function runLegs(members: readonly Member[]): Promise<void> {
  let going = members;
  while (going.length > 0) {
    const [alike = [], ...others] = groupAlike(going);
    if (others.length > 0) {
      await Promise.all([alike, ...others].map(runLegs));
      return;
    }
    const count = Math.min(...alike.map(({ run, legs }) => run.legSender.countForLane(legs)));
    const taps = openTaps(alike);
    await together(alike, async ({ run, legs, signal }, index) => {
      const { sender } = run.context;
      const tap = taps[index];
      if (tap === undefined) return run.legSender.send(legs, count, sender, signal);
      // Whatever came of it: nobody waits for it here any more.
      return run.legSender.send(legs, count, { ...sender, host: tap }, signal).finally(() => tap.close());
    });
    going = alike.filter(({ legs }) => legs.length > 0);
  }
}

/** Those whose streams are still the same: one that may not share a stream between versions needs others, and so does one that refused an option. */
function groupAlike(members: readonly Member[]): Member[][] {
  const shapes = new Map<string, Member[]>();
  for (const member of members) {
    const shape = member.legs.map(({ steps, omitted }) => [steps.length, ...omitted].join('')).join(' ');
    shapes.set(shape, [...(shapes.get(shape) ?? []), member]);
  }
  return [...shapes.values()];
}

/** Where each of several receivers gets what is read once on the sender; none for one alone, which has the sender for itself. */
function openTaps(members: readonly Member[]): readonly Host[] {
  const [first, ...others] = members;
  if (first === undefined || others.length === 0) return [];
  return new Tee(
    first.run.context.sender.host,
    members.map(({ run }) => run.lag),
  ).hosts;
}

/**
 * Does something for all members at once, until it is done for the last. What it gives are the legs that are left to be sent: those
 * who have any wait meanwhile for those with whom it isn't done yet.
 */
async function together(
  members: readonly Member[],
  work: (member: Member, index: number) => Promise<readonly Leg[]>,
): Promise<void> {
  const unfinished = new Set(members);
  await Promise.all(
    members.map(async (member, index) => {
      try {
        member.legs = await work(member, index);
      } finally {
        unfinished.delete(member);
        member.run.lag.setAwaited(unfinished, false);
      }
      if (member.legs.length === 0) member.run.endLane(member);
      else for (const other of unfinished) other.run.lag.setAwaited(unfinished, true);
    }),
  );
}

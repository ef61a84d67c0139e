import { groupBy } from '../base/group-by.js';
import { noPropertyChanges } from '../zfs/properties.js';
import { sendArguments } from '../zfs/send.js';
import type { Chain, Plan, Step } from './plan.js';
import { streamOf } from './stream.js';

/** What is to be sent to one of several receivers. */
export interface ReceiverPlan {
  readonly plan: Plan;
  /** How its streams travel: only what travels alike can be the same bytes. */
  readonly encoding: string;
}

/** A chain that the same streams bring to several receivers. */
export interface SharedChain {
  /** Two or more, in the order of the receivers: the same versions, each with a place of its own to go to. */
  readonly branches: readonly Branch[];
}

/** A shared chain as it is for one of its receivers. */
export interface Branch {
  /** The receiver's position among them. */
  readonly receiver: number;
  readonly chain: Chain;
}

/** Plans for several receivers, with what can be read once for some of them. */
export interface FanOut<T extends { readonly plan: Plan }> {
  /** The receivers, the chains of their plans cut where shared parts begin: each part comes `after` the one before it. */
  readonly receivers: readonly T[];
  /** The parts that are shared, in an order that can be run. */
  readonly shared: readonly SharedChain[];
  /** Those of the others that shared ones of the same receiver wait for. */
  readonly needed: ReadonlySet<Chain>;
}

/**
 * Finds the steps that several receivers need, so that the sender has to read each only once. Receivers that are to get the same
 * versions of a dataset may have to begin with different ones: what they share is the end of their chains, back to where the
 * streams differ. Streams are the same when zfs is called with the same words about the same snapshots; where they land, and what
 * is done there first, may differ.
 */
export function planFanOut<T extends ReceiverPlan>(receivers: readonly T[]): FanOut<T> {
  const tails = receivers.flatMap(({ plan, encoding }, receiver) =>
    plan.chains.map((chain): Tail => {
      const keys = chain.steps.map((step) => describeStream(chain, step, encoding));
      return { receiver, chain, keys, length: keys.length };
    }),
  );
  const sharedParts = new Map<Chain, Chain[]>();
  const shared = [...findCommonEnds(tails)].map((ends): SharedChain => {
    const [model] = ends;
    const branches = ends.map(({ receiver, chain, start, end }): Branch => {
      const part = cutChain(chain, start, end, model);
      sharedParts.set(chain, [...(sharedParts.get(chain) ?? []), part]);
      return { receiver, chain: part };
    });
    return { branches };
  });
  const cut = receivers.map((receiver, index): T => {
    const chains = receiver.plan.chains.flatMap((chain) => {
      const parts = sharedParts.get(chain) ?? [];
      const end = chain.steps.length - parts.reduce((sum, { steps }) => sum + steps.length, 0);
      const own = { receiver: index, chain, start: 0, end };
      return end === 0 ? parts : [cutChain(chain, 0, end, own), ...parts];
    });
    return { ...receiver, plan: { ...receiver.plan, chains } };
  });
  const allShared = new Set(shared.flatMap(({ branches }) => branches.map(({ chain }) => chain)));
  const needed = new Set(cut.flatMap(({ plan }) => findNeeded(plan.chains, allShared)));
  return { receivers: cut, shared, needed };
}

/** The steps of a chain that may still be found to be shared: the first so many. */
interface Tail {
  readonly receiver: number;
  readonly chain: Chain;
  /** What the stream of each step is, as text. */
  readonly keys: readonly string[];
  readonly length: number;
}

/** A part of a chain: the steps from `start` up to `end`, which is not in it. */
interface Stretch {
  readonly receiver: number;
  readonly chain: Chain;
  readonly start: number;
  readonly end: number;
}

/** Finds what two or more have in common at their ends, as far back as it goes; then what some of them have before that. */
function* findCommonEnds(tails: readonly Tail[]): Generator<[Stretch, ...Stretch[]]> {
  for (const group of groupBy(tails, lastKeyOf).values()) {
    const [first, ...others] = group;
    if (others.length === 0 || first.length === 0) continue;
    const agree = (back: number): boolean =>
      back <= first.length &&
      others.every((tail) => tail.keys[tail.length - back] === first.keys[first.length - back]);
    let common = 1;
    while (agree(common + 1)) common++;
    yield* findCommonEnds(group.map((tail) => ({ ...tail, length: tail.length - common })));
    const toStretch = ({ receiver, chain, length }: Tail): Stretch => {
      return { receiver, chain, start: length - common, end: length };
    };
    yield [toStretch(first), ...others.map(toStretch)];
  }
}

function lastKeyOf({ keys, length }: Tail): string {
  return keys[length - 1] ?? '';
}

function describeStream(chain: Chain, step: Step, encoding: string): string {
  const guids = [...('from' in step ? [step.from] : []), step.to].map(({ guid }) => String(guid));
  return JSON.stringify([encoding, sendArguments(streamOf(chain, [step])), guids]);
}

/**
 * A part of a chain as a chain of its own.
 * @param model the stretch whose versions share streams as those of this one are to: zfs has to be called alike for all
 */
function cutChain(chain: Chain, start: number, end: number, model: Stretch): Chain {
  const [first, ...rest] = chain.steps
    .slice(start, end)
    .map((step, index) => shareStreamLike(step, model.chain.steps[model.start + index] ?? step));
  const before = chain.steps[start - 1];
  if (first === undefined || isSame(chain.steps, [first, ...rest])) return chain;
  const steps = [first, ...rest] as const;
  if (before === undefined) return { ...chain, steps };
  const after = [`${chain.destination}@${before.to.name}`];
  return { ...chain, steps, parents: [], preparation: undefined, properties: noPropertyChanges, after };
}

/** A step that goes in one stream with the one before it if that is so of another. */
function shareStreamLike(step: Step, model: Step): Step {
  if (step.kind !== 'incremental' || model.kind !== 'incremental') return step;
  const sharesStream = model.sharesStream ?? false;
  return (step.sharesStream ?? false) === sharesStream ? step : { ...step, sharesStream };
}

function isSame(steps: readonly Step[], others: readonly Step[]): boolean {
  return steps.length === others.length && steps.every((step, index) => step === others[index]);
}

/** Of chains in an order that can be run, those that bring what shared ones begin from or lie below. */
function findNeeded(chains: readonly Chain[], shared: ReadonlySet<Chain>): Chain[] {
  const wanted = new Set<string>();
  return chains.toReversed().filter((chain) => {
    const { destination, steps, after } = chain;
    const isNeeded = [destination, ...steps.map(({ to }) => `${destination}@${to.name}`)].some((name) =>
      wanted.has(name),
    );
    if (isNeeded || shared.has(chain)) for (const name of after) wanted.add(name);
    return isNeeded && !shared.has(chain);
  });
}

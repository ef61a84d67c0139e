import type { Branch, FanOut } from '../../plan/fan-out.js';
import type { Chain, Plan } from '../../plan/plan.js';
import { chooseShare } from './chain-queue.js';
import type { ReceiverRun } from './receiver-run.js';
import type { LanePart } from './run-chains.js';

/** A shared chain that hasn't begun, and those who are still to get it together. */
interface JointChain {
  branches: readonly { readonly run: ReceiverRun; readonly chain: Chain }[];
}

/**
 * The chains that several receivers are to get together and that haven't begun, and what follows from them for the receivers' other
 * chains. Who can't get its part any more, or not in time, leaves: it gets alone what it still can.
 */
export class JointChains {
  readonly #joint: Set<JointChain>;
  /** The chains of the joint chains. */
  readonly #shared = new Set<Chain>();
  /** The chains that follow when their receiver has no part in any joint chain. */
  readonly #later: ReadonlySet<Chain>;
  /** Whether any receiver had nothing to do when it was last looked who waits for whom. */
  #wasAnyIdle = false;

  /** @param runs of the receivers, in their order */
  constructor({ receivers, shared, needed }: FanOut<{ readonly plan: Plan }>, runs: readonly ReceiverRun[]) {
    const toBranch = ({ receiver, chain }: Branch): JointChain['branches'] => {
      const run = runs[receiver];
      return run === undefined ? [] : [{ run, chain }];
    };
    this.#joint = new Set(shared.map(({ branches }) => ({ branches: branches.flatMap(toBranch) })));
    for (const { branches } of shared) for (const { chain } of branches) this.#shared.add(chain);
    const chains = receivers.flatMap(({ plan }) => plan.chains);
    this.#later = new Set(chains.filter((chain) => !this.#shared.has(chain) && !needed.has(chain)));
  }

  /** Whether there are none any more. */
  get isEmpty(): boolean {
    return this.#joint.size === 0;
  }

  /** Whether a receiver has a part in any. */
  isBound(run: ReceiverRun): boolean {
    for (const { branches } of this.#joint) if (branches.some((branch) => branch.run === run)) return true;
    return false;
  }

  /** Tells which chains may go to a receiver alone. */
  chooseAlone(run: ReceiverRun): (chain: Chain) => boolean {
    const isBound = this.isBound(run);
    return (chain) => !this.#shared.has(chain) && !(isBound && this.#later.has(chain));
  }

  /** Takes a lane's share of what can go to all who share it; nothing when nothing can. */
  takeShare(runs: readonly ReceiverRun[]): LanePart[] {
    // Mostly all lanes run, and the joint chains may be many.
    if (runs.filter(({ freeLanes }) => freeLanes > 0).length < 2) return [];
    const ready = [...this.#joint].filter(({ branches }) => branches.every(isReady));
    const [first] = ready;
    if (first === undefined) return [];
    const free = Math.min(...first.branches.map(({ run }) => run.freeLanes));
    const alike = ready.filter((joint) => isOfSameReceivers(joint, first));
    const chosen = chooseShare(alike, free, ({ branches }) => branches.map(({ chain }) => chain));
    const parts = first.branches.map(({ run }, index) => {
      return { run, chains: chosen.flatMap(({ branches }) => branches[index]?.chain ?? []) };
    });
    for (const joint of chosen) {
      this.#joint.delete(joint);
      for (const branch of joint.branches) this.#forget(joint, branch);
    }
    for (const { run, chains } of parts) run.queue.take(chains);
    return parts;
  }

  /** What can't come to a receiver any more, nobody else waits for. */
  drop(failed: Chain, run: ReceiverRun): void {
    const missing = [failed];
    for (const chain of missing) {
      for (const joint of this.#joint) {
        const branch = joint.branches.find((each) => each.run === run);
        if (branch === undefined || !(branch.chain === chain || needs(branch.chain, chain))) continue;
        this.#leave(joint, run);
        missing.push(branch.chain);
      }
    }
  }

  /** Takes a receiver out of all of them. */
  withdraw(run: ReceiverRun): void {
    for (const joint of this.#joint) this.#leave(joint, run);
  }

  /** Notes for which receivers others wait that have nothing else to do meanwhile. */
  noteWaiting(runs: readonly ReceiverRun[]): void {
    const isAnyIdle = runs.some((run) => run.isIdle);
    if (!isAnyIdle && !this.#wasAnyIdle) return;
    this.#wasAnyIdle = isAnyIdle;
    for (const joint of this.#joint) {
      const ready = joint.branches.filter(isReady);
      const isWaiting = ready.some(({ run }) => run.laneCount === 0);
      for (const branch of joint.branches) {
        branch.run.lag.setAwaited(joint, isWaiting && !ready.includes(branch));
      }
    }
  }

  /** A receiver gets its part of a joint chain alone, and so does one that would be left there. */
  #leave(joint: JointChain, leaving: ReceiverRun): void {
    const others = joint.branches.filter(({ run }) => run !== leaving);
    const isOver = others.length < 2;
    for (const branch of joint.branches) {
      if (isOver || branch.run === leaving) this.#forget(joint, branch);
    }
    joint.branches = others;
    if (isOver) this.#joint.delete(joint);
  }

  #forget(joint: JointChain, { run, chain }: JointChain['branches'][number]): void {
    run.lag.setAwaited(joint, false);
    this.#shared.delete(chain);
  }
}

function isReady({ run, chain }: JointChain['branches'][number]): boolean {
  return run.freeLanes > 0 && run.queue.isReady(chain);
}

function isOfSameReceivers({ branches }: JointChain, other: JointChain): boolean {
  return (
    branches.length === other.branches.length &&
    branches.every(({ run }, index) => run === other.branches[index]?.run)
  );
}

/** Whether a chain waits for what another one brings. */
function needs({ after }: Chain, { destination, steps }: Chain): boolean {
  return after.some(
    (name) => name === destination || steps.some(({ to }) => name === `${destination}@${to.name}`),
  );
}

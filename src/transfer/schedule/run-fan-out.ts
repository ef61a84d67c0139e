import type { Branch, FanOut } from '../../plan/fan-out.js';
import type { Chain, Plan } from '../../plan/plan.js';
import { chooseShare } from './chain-queue.js';
import type { TransferResult } from '../event.js';
import { ReceiverRun, type TransferContext } from './receiver-run.js';
import { runChains, type LanePart } from './run-chains.js';

/** How often it is looked whether others have waited too long for a receiver. */
const lookEveryMs = 500;

/** A plan and what it is run with. */
export interface PlanToRun {
  readonly plan: Plan;
  readonly context: TransferContext;
}

/**
 * Runs plans for the receivers of one sender: independent chains side by side, each chain's steps one after another through one
 * channel. A step that fails ends its chain and its lane; the chains behind it go on in a fresh one, but for those that need what
 * didn't arrive. In the end each receiver is asked whether it has what was sent. What several receivers share is read once: it goes
 * first, with what it needs; each receiver's other chains follow when it has no part in it any more. A chain that fails for one
 * receiver fails for that one only. A receiver that is lost, or for which others had to wait longer than `lagMs` in all, is left out
 * of what is shared from then on.
 * @returns what came of each plan, when its receiver is done with it, whatever the others do; a promise rejects with a ZfsVmError when
 *   a host can't start commands, and with the signal's reason when that is aborted
 */
export function runFanOut(
  fanOut: FanOut<PlanToRun>,
  { lagMs }: { readonly lagMs: number },
): Promise<TransferResult>[] {
  return new FanOutRun(fanOut, lagMs).start();
}

/** A shared chain that hasn't begun, and those who are still to get it together. */
interface JointChain {
  branches: readonly { readonly run: ReceiverRun; readonly chain: Chain }[];
}

class FanOutRun {
  readonly #runs: readonly ReceiverRun[];
  readonly #joint: Set<JointChain>;
  /** The chains of the joint chains. */
  readonly #shared = new Set<Chain>();
  /** The chains that follow when their receiver has no part in any joint chain. */
  readonly #later: ReadonlySet<Chain>;
  readonly #lagMs: number;
  /** Whether any receiver had nothing to do when it was last looked who waits for whom. */
  #wasAnyIdle = false;
  #change: Promise<void> = Promise.resolve();
  #announce: () => void = () => undefined;

  constructor({ receivers, shared, needed }: FanOut<PlanToRun>, lagMs: number) {
    this.#lagMs = lagMs;
    this.#runs = receivers.map(({ plan, context }) => {
      const run: ReceiverRun = new ReceiverRun(plan, context, {
        onArrival: () => {
          this.#startLanes();
        },
        onFailure: (chain) => {
          this.#noteFailure(run, chain);
        },
      });
      return run;
    });
    const toBranch = ({ receiver, chain }: Branch): JointChain['branches'] => {
      const run = this.#runs[receiver];
      return run === undefined ? [] : [{ run, chain }];
    };
    this.#joint = new Set(shared.map(({ branches }) => ({ branches: branches.flatMap(toBranch) })));
    for (const { branches } of shared) for (const { chain } of branches) this.#shared.add(chain);
    const chains = receivers.flatMap(({ plan }) => plan.chains);
    this.#later = new Set(chains.filter((chain) => !this.#shared.has(chain) && !needed.has(chain)));
    this.#expectChange();
  }

  start(): Promise<TransferResult>[] {
    const results = this.#runs.map((run) => this.#run(run));
    if (this.#joint.size > 0) void this.#watchLag(Promise.allSettled(results));
    return results;
  }

  async #run(run: ReceiverRun): Promise<TransferResult> {
    try {
      await run.begin();
      for (;;) {
        if (run.isOver) this.#withdraw(run);
        this.#startLanes();
        if (this.#isStuck()) this.#goApart();
        if (run.lanes.size === 0 && !this.#isBound(run)) break;
        await this.#change;
      }
      return await run.end();
    } finally {
      this.#withdraw(run);
    }
  }

  #startLanes(): void {
    this.#startJoint();
    for (const run of this.#runs) {
      const isBound = this.#isBound(run);
      const mayGo = (chain: Chain): boolean =>
        !this.#shared.has(chain) && !(isBound && this.#later.has(chain));
      for (;;) {
        const chains = run.freeLanes > 0 ? run.queue.takeShare(run.freeLanes, mayGo) : [];
        if (chains.length === 0) break;
        this.#startLane([{ run, chains }]);
      }
    }
    this.#noteWaiting();
  }

  /** Starts what can go to all who share it. */
  #startJoint(): void {
    for (;;) {
      // Mostly all lanes run, and the joint chains may be many.
      if (this.#runs.filter(({ freeLanes }) => freeLanes > 0).length < 2) return;
      const ready = [...this.#joint].filter(({ branches }) => branches.every(isReady));
      const [first] = ready;
      if (first === undefined) return;
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
      this.#startLane(parts);
    }
  }

  #startLane(parts: readonly LanePart[]): void {
    const ends = runChains(parts);
    for (const [index, { run }] of parts.entries()) {
      run.addLane(ends[index] ?? Promise.resolve(), () => {
        this.#announceChange();
      });
    }
  }

  /** Whether nothing is on its way to those who still share something: what they wait for won't come any more. */
  #isStuck(): boolean {
    const bound = this.#runs.filter((run) => this.#isBound(run));
    return bound.length > 0 && bound.every((run) => run.isIdle);
  }

  /** Nothing is shared any more: each receiver gets what of it can still go to it, and tells what can't. */
  #goApart(): void {
    for (const run of this.#runs) this.#withdraw(run);
    this.#startLanes();
  }

  /** Notes for which receivers others wait that have nothing else to do meanwhile. */
  #noteWaiting(): void {
    const isAnyIdle = this.#runs.some((run) => run.isIdle);
    if (!isAnyIdle && !this.#wasAnyIdle) return;
    this.#wasAnyIdle = isAnyIdle;
    for (const joint of this.#joint) {
      const ready = joint.branches.filter(isReady);
      const isWaiting = ready.some(({ run }) => run.lanes.size === 0);
      for (const branch of joint.branches) {
        branch.run.lag.note(joint, isWaiting && !ready.includes(branch));
      }
    }
  }

  /** From time to time, leaves behind for whom others have waited too long, until it is over. */
  async #watchLag(over: Promise<unknown>): Promise<void> {
    const stop = new AbortController();
    void over.then(() => {
      stop.abort();
    });
    const clock = this.#runs[0]?.context.clock;
    while (clock !== undefined && !stop.signal.aborted) {
      await clock.sleep(lookEveryMs, stop.signal).catch(() => undefined);
      for (const run of this.#runs) {
        if (run.leftBehind.aborted || run.lag.heldMs <= this.#lagMs) continue;
        run.leaveBehind();
        this.#withdraw(run);
      }
    }
  }

  /** What can't come to a receiver any more, nobody else waits for. */
  #noteFailure(run: ReceiverRun, failed: Chain): void {
    if (run.isOver) this.#withdraw(run);
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

  /** Takes a receiver out of everything that is shared and hasn't begun. */
  #withdraw(run: ReceiverRun): void {
    if (!this.#isBound(run)) return;
    for (const joint of this.#joint) this.#leave(joint, run);
    this.#announceChange();
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
    run.lag.note(joint, false);
    this.#shared.delete(chain);
  }

  #isBound(run: ReceiverRun): boolean {
    for (const { branches } of this.#joint) if (branches.some((branch) => branch.run === run)) return true;
    return false;
  }

  #expectChange(): void {
    this.#change = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  /** All receivers look again what they can do. */
  #announceChange(): void {
    const announce = this.#announce;
    this.#expectChange();
    announce();
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

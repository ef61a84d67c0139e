import type { FanOut } from '../../plan/fan-out.js';
import type { Plan } from '../../plan/plan.js';
import type { TransferResult } from '../event.js';
import { Changes } from './changes.js';
import { JointChains } from './joint-chains.js';
import { ReceiverRun } from './receiver-run.js';
import { runChains } from './run-chains.js';
import type { TransferContext } from './transfer-context.js';

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
  const changes = new Changes();
  const runs = fanOut.receivers.map(({ plan, context }) => new ReceiverRun(plan, context, changes));
  const running: Running = { runs, joint: new JointChains(fanOut, runs), changes };
  const results = runs.map((run) => runReceiver(run, running));
  if (!running.joint.isEmpty) void watchLag(lagMs, running, Promise.allSettled(results));
  return results;
}

/** The receivers whose plans are being run, and what they have together. */
interface Running {
  readonly runs: readonly ReceiverRun[];
  readonly joint: JointChains;
  /** Tells of all that may let a lane begin: a receiver is ready, a version has come or won't, a lane has ended, nobody waits any more. */
  readonly changes: Changes;
}

/** One receiver's part, from its first command to its last. */
async function runReceiver(run: ReceiverRun, running: Running): Promise<TransferResult> {
  const { joint, changes } = running;
  try {
    await run.begin();
    for (;;) {
      // All wait for the same changes, and whoever comes first looks what they allow anybody.
      if (changes.take()) startLanes(running);
      if (run.laneCount === 0 && !joint.isBound(run)) break;
      await changes.next();
    }
    return await run.end();
  } finally {
    joint.withdraw(run);
    changes.announce();
  }
}

/** Starts all lanes that can begin now. */
function startLanes(running: Running): void {
  const { runs, joint } = running;
  for (const run of runs) {
    for (const chain of run.takeFailed()) joint.drop(chain, run);
    if (run.isOver || run.leftBehind.aborted) joint.withdraw(run);
  }
  startReady(running);
  const bound = runs.filter((run) => joint.isBound(run));
  // Nothing is on its way to those who still share something: what they wait for won't come any more.
  const isStuck = bound.length > 0 && bound.every((run) => run.isIdle);
  if (!isStuck) return;
  // Each gets what of it can still go to it alone, and tells what can't.
  for (const run of runs) joint.withdraw(run);
  startReady(running);
}

/** Starts lanes with the chains that are ready: joint ones first. */
function startReady({ runs, joint }: Running): void {
  for (;;) {
    const parts = joint.takeShare(runs);
    if (parts.length === 0) break;
    void runChains(parts);
  }
  for (const run of runs) {
    const mayGo = joint.chooseAlone(run);
    for (;;) {
      const chains = run.freeLanes > 0 ? run.queue.takeShare(run.freeLanes, mayGo) : [];
      if (chains.length === 0) break;
      void runChains([{ run, chains }]);
    }
  }
  joint.noteWaiting(runs);
}

/** From time to time, leaves behind for whom others have waited too long, until it is over. */
async function watchLag(lagMs: number, { runs }: Running, over: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  void over.then(() => {
    stop.abort();
  });
  const clock = runs[0]?.context.clock;
  while (clock !== undefined && !stop.signal.aborted) {
    await clock.sleep(lookEveryMs, stop.signal).catch(() => undefined);
    for (const run of runs) {
      if (run.leftBehind.aborted || run.lag.heldMs <= lagMs) continue;
      run.leaveBehind();
    }
  }
}

import { captureState, describeHost } from './capture.js';
import type { FaultName } from './faults.js';
import { makeScene, passTime } from './random-world.js';
import { Round } from './round.js';
import { Runner } from './runner.js';
import { pruneSome, tagSome } from './upkeep.js';
import { Violation } from './violation.js';
import { withinWorkLimit } from './work-limit.js';

/** What came of a seed. */
export interface Outcome {
  /** What happened, a line each: the same for the same seed, to the letter. */
  readonly story: readonly string[];
  /** The first thing that must not be; undefined when all is well. */
  readonly problem: string | undefined;
  readonly faults: readonly FaultName[];
  /** How often zfs-vm was run. */
  readonly runs: number;
}

/** Makes the world of a seed, runs commands in it while things go wrong and people do this and that, and judges what came of it. */
export async function runScenario(seed: number): Promise<Outcome> {
  const story: string[] = [];
  let runner: Runner | undefined;
  let problem: string | undefined;
  try {
    const scene = await withinWorkLimit(() => makeScene(seed, story));
    const started = new Runner(scene, story);
    runner = started;
    await withinWorkLimit(() => runRounds(started));
  } catch (error) {
    problem =
      error instanceof Violation
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
  }
  if (runner !== undefined) {
    const { sender, receiver } = runner.scene;
    const [a, b] = [sender, receiver].map((machine) =>
      describeHost(captureState(machine), { withRoles: true }),
    );
    story.push('a has', a ?? '', 'b has', b ?? '');
  }
  return { story, problem, faults: runner?.struck ?? [], runs: runner?.runs ?? 0 };
}

/** One command after another, and what happens between them. */
async function runRounds(runner: Runner): Promise<void> {
  const { scene } = runner;
  const { random } = scene;
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    if (random.chance(0.1)) await tagSome(runner);
    if (random.chance(0.15)) await pruneSome(runner);
    await new Round(runner).run();
    if (left === 1) continue;
    // A run that was killed may have left holds.
    const ends = [scene.sender, scene.receiver].map((machine) => runner.lostHolds.begin(machine));
    await passTime(scene);
    for (const noteLost of ends) noteLost();
  }
}

import type { FaultName } from './faults.js';
import { judgeWords, type KnownSnapshots } from './judge.js';
import { LostHolds } from './lost-holds.js';
import type { Scene } from './random-world.js';
import type { RunResult, SimRun } from './sim-world.js';
import { Violation } from './violation.js';

/** In virtual time, no run takes that long. */
const longestRunMs = 2 * 86_400_000;

/** What the end of a run is judged by. */
export interface FinishOptions {
  /** Fulfils when the run is killed. */
  readonly killed?: Promise<undefined>;
  readonly isPlan?: boolean;
  /** Whether its conflicts are those of `tag`, which have other words. */
  readonly isTag?: boolean;
}

/** Runs of zfs-vm in the world of a seed, with what is remembered of them over all rounds. */
export class Runner {
  readonly scene: Scene;
  readonly story: string[];
  /** All snapshots that the sender ever had. */
  readonly known: KnownSnapshots = new Map();
  readonly lostHolds = new LostHolds();
  /** What went wrong so far. */
  readonly struck: FaultName[] = [];
  /** How often zfs-vm was run. */
  runs = 0;

  constructor(scene: Scene, story: string[]) {
    this.scene = scene;
    this.story = story;
  }

  /** Starts zfs-vm. */
  start(host: string, words: string): SimRun {
    this.runs++;
    this.story.push(`${host}$ zfs-vm ${words}`);
    return this.scene.world.start(host, words);
  }

  /** The end of a run, judged by its words; undefined when it was killed. @throws Violation */
  async finish(
    run: SimRun,
    { killed, isPlan = false, isTag = false }: FinishOptions = {},
  ): Promise<RunResult | undefined> {
    const over = new AbortController();
    const { clock } = this.scene.world;
    const limit = clock.sleep(longestRunMs, over.signal).then(
      () => {
        throw new Violation('it hangs');
      },
      () => undefined,
    );
    const result = await Promise.race([run.finished, limit, ...(killed === undefined ? [] : [killed])]);
    over.abort();
    this.story.push(
      result === undefined
        ? 'it was killed'
        : `it ends with ${result.status}:\n${result.stdout}${result.stderr}`,
    );
    if (result === undefined) return undefined;
    if (!isTag || result.status !== 3) judgeWords(result, isPlan);
    return result;
  }
}

import { captureState, describeHost, snapshotsIn, type HostState } from './capture.js';
import { Faults, type FaultName } from './faults.js';
import {
  expectThat,
  findConflicts,
  findNamed,
  isOurs,
  judgeDelivery,
  judgeHolds,
  judgeNotes,
  judgePrune,
  judgeReceiver,
  judgeSender,
  judgeWords,
  noteSnapshots,
  readCount,
  Violation,
  type KnownSnapshots,
} from './judge.js';
import type { Machine } from './machine.js';
import { pickCommand, type TransferWords } from './random-command.js';
import { makeScene, type Scene } from './random-world.js';
import type { RunResult, SimRun } from './sim-world.js';

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

/** In virtual time, no run takes that long. */
const longestRunMs = 2 * 86_400_000;

/** How long a seed may take in real time. */
const longestSeedMs = 30_000;

/** Makes the world of a seed, runs a command in it while things go wrong, and judges what came of it. */
export async function runScenario(seed: number): Promise<Outcome> {
  const story: string[] = [];
  let scenario: Scenario | undefined;
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Violation(`it takes longer than ${longestSeedMs / 1000} s of real time`));
    }, longestSeedMs);
  });
  let problem: string | undefined;
  try {
    const scene = await Promise.race([makeScene(seed), slow]);
    story.push(...scene.story);
    scenario = new Scenario(scene, story);
    await Promise.race([scenario.run(), slow]);
  } catch (error) {
    problem =
      error instanceof Violation
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
  } finally {
    clearTimeout(timer);
  }
  if (scenario !== undefined) story.push('a has', scenario.describe('a'), 'b has', scenario.describe('b'));
  return { story, problem, faults: scenario?.struck ?? [], runs: scenario?.runs ?? 0 };
}

/** What a run is about to be judged by: both hosts as they were, and as others have changed them since. */
interface Baseline {
  sender: HostState;
  receiver: HostState;
}

/** What the end of a run is judged by. */
interface FinishOptions {
  /** Fulfils when the run is killed. */
  readonly killed?: Promise<undefined>;
  readonly isPlan?: boolean;
  /** Whether its conflicts are those of `tag`, which have other words. */
  readonly isTag?: boolean;
}

/** What a plan says. */
interface Planned {
  readonly status: number;
  readonly conflicts: ReadonlySet<string>;
  readonly versions: number;
}

class Scenario {
  readonly #scene: Scene;
  readonly #story: string[];
  readonly #command: TransferWords;
  readonly #known: KnownSnapshots = new Map();
  /** Whether somebody else has changed something while a run was under way. */
  #isTouched = false;
  /** The datasets that somebody else has renamed, by their GUIDs. */
  readonly #renamed = new Set<bigint>();
  readonly #started: SimRun[] = [];
  #baseline: Baseline;
  #first: Baseline;
  /** A violation that was found in the middle of a run. */
  #found: unknown;
  struck: readonly FaultName[] = [];
  runs = 0;

  constructor(scene: Scene, story: string[]) {
    this.#scene = scene;
    this.#story = story;
    this.#command = pickCommand(scene);
    this.#baseline = this.#capture();
    this.#first = this.#baseline;
  }

  describe(name: string): string {
    return describeHost(captureState(this.#scene.world.machine(name)));
  }

  async run(): Promise<void> {
    if (this.#scene.random.chance(0.1)) await this.#tag();
    if (this.#scene.random.chance(0.15)) await this.#prune();
    const planned = this.#scene.random.chance(0.6) ? await this.#plan() : undefined;
    const faulty = await this.#runWithFaults(planned);
    if (this.#command.isPowerless) return;
    if (this.#scene.random.chance(0.1)) await this.#abort();
    const second = await this.#runAlone(
      this.#isTouched || planned?.status === 2 ? undefined : planned?.conflicts,
    );
    if (faulty && second.status === 2) return;
    this.#judgeRest(second);
    if (this.#scene.random.chance(0.4)) return;
    const before = describeBoth(this.#baseline);
    const third = await this.#runAlone(undefined);
    expectThat(
      third.status === second.status,
      `the same again ends with ${third.status} after ${second.status}`,
    );
    expectThat(!/^done:/m.test(third.stdout), 'there was something left to do after a run that ended well');
    expectThat(describeBoth(this.#baseline) === before, 'a run with nothing to do changed something');
  }

  #capture(): Baseline {
    const { sender, receiver } = this.#scene;
    const baseline = { sender: captureState(sender), receiver: captureState(receiver) };
    noteSnapshots(this.#known, baseline.sender);
    return baseline;
  }

  /** What would be done; nothing is changed by that. */
  async #plan(): Promise<Planned> {
    const before = describeBoth(this.#baseline);
    const result = await this.#finish(this.#start(this.#command.planWords), { isPlan: true });
    expectThat(result !== undefined, 'the plan was killed');
    expectThat(describeBoth(this.#capture()) === before, 'a plan changed something');
    const expected = this.#command.isPowerless ? [0, 2, 3, 4] : [0, 2, 3];
    expectThat(expected.includes(result.status), `a plan that nothing disturbs ends with ${result.status}`);
    if (result.status !== 0 && result.status !== 3) {
      return { status: result.status, conflicts: new Set(), versions: 0 };
    }
    const plan = JSON.parse(result.stdout) as {
      readonly chains: readonly { readonly steps: readonly unknown[] }[];
      readonly conflicts: readonly { readonly source: string }[];
    };
    return {
      status: result.status,
      conflicts: new Set(plan.conflicts.map(({ source }) => source)),
      versions: plan.chains.reduce((sum, { steps }) => sum + steps.length, 0),
    };
  }

  /** Runs the command while things go wrong; gives whether any did. */
  async #runWithFaults(planned: Planned | undefined): Promise<boolean> {
    const { sender, receiver } = this.#scene;
    const isPull = this.#command.host === 'b';
    const runs: SimRun[] = [];
    const ends: Promise<RunResult | undefined>[] = [];
    const killers = new Map<SimRun, () => void>();
    const begin = (): void => {
      const run = this.#start(this.#command.words);
      const killed = new Promise<undefined>((resolve) => {
        killers.set(run, () => {
          resolve(undefined);
        });
      });
      runs.push(run);
      ends.push(this.#finish(run, { killed }));
    };
    const faults = new Faults({
      scene: this.#scene,
      local: isPull ? receiver : sender,
      remote: isPull ? sender : receiver,
      runs,
      disturb: (machine, work) => {
        this.#disturb(machine, work);
      },
      kill: (run) => {
        run.kill();
        killers.get(run)?.();
      },
      startAnother: begin,
      tell: (line) => this.#story.push(line),
    });
    begin();
    const results: (RunResult | undefined)[] = [];
    // Others may begin meanwhile.
    for (let index = 0; index < ends.length; index++) results.push(await ends[index]);
    faults.end();
    this.struck = faults.struck;
    await this.#calmDown();
    if (this.#found !== undefined) throw this.#found as Error;
    this.#judgeStates();
    const [first] = results;
    // What a run that was killed has left under way stops no other.
    const mayFail = this.#command.isPowerless || / --retries /.test(this.#command.words);
    if (!mayFail && this.struck.every((name) => name === 'the run is killed')) {
      for (const result of results) {
        const hasEndedWell = result === undefined || [0, 2, 3].includes(result.status);
        expectThat(
          hasEndedWell,
          `nothing but a run that was killed disturbs it, and it ends with ${result?.status ?? 0}`,
        );
      }
    }
    const ended = results.filter((result) => result !== undefined);
    for (const result of ended) {
      if (result.status === 130) {
        expectThat(this.struck.includes('the run is interrupted'), 'nobody interrupted it');
      }
      // A host that has just started has no pool yet, and nobody can know that there is one.
      const hasSeenNothing =
        this.struck.includes('a host restarts') && result.stdout.includes('there are no versions to send');
      if (!this.#isTouched && !hasSeenNothing && (result.status === 0 || result.status === 3)) {
        judgeDelivery(
          this.#command.wanted,
          this.#baseline.sender,
          this.#first.receiver,
          this.#baseline.receiver,
          result,
        );
      }
    }
    const isAlone = results.length === 1 && !this.#isTouched;
    if (first !== undefined && isAlone) this.#judgeCount(first);
    const isCalm = this.struck.length === 0;
    if (this.#command.isPowerless) return !isCalm;
    if (isCalm && first !== undefined && planned !== undefined) this.#judgeCalm(first, planned);
    return !isCalm;
  }

  /** What is said of a number of versions is so. */
  #judgeCount(result: RunResult): void {
    const count = readCount(result);
    if (count === undefined) return;
    const had = new Set(
      [...snapshotsIn(this.#first.receiver)].map(
        ({ dataset, snapshot }) => `${dataset.guid} ${snapshot.guid}`,
      ),
    );
    const arrived = [...snapshotsIn(this.#baseline.receiver)].filter(
      ({ dataset, snapshot }) => !had.has(`${dataset.guid} ${snapshot.guid}`),
    ).length;
    const isExact = count.isDone && !/trying again/.test(result.stderr);
    expectThat(
      isExact ? count.versions === arrived : count.versions <= arrived,
      `it says that it sent ${count.versions} versions, and ${arrived} have arrived`,
    );
  }

  /** A run that nothing disturbed did what was planned. */
  #judgeCalm(result: RunResult, planned: Planned): void {
    const { status } = result;
    expectThat(
      status === planned.status,
      `nothing disturbed it; planned was ${planned.status}, and it ended with ${status}`,
    );
    if (status !== 0 && status !== 3) return;
    const { versions } = readCount(result) ?? { versions: 0 };
    expectThat(
      versions === planned.versions,
      `planned were ${planned.versions} versions, and ${versions} were sent`,
    );
  }

  /** Runs the command again, and nothing goes wrong. @param conflicts those that there may be; any when left out */
  async #runAlone(conflicts: ReadonlySet<string> | undefined): Promise<RunResult> {
    const { receiver } = this.#baseline;
    const result = await this.#finish(this.#start(this.#command.words));
    expectThat(result !== undefined, 'nobody killed it');
    await this.#calmDown();
    this.#judgeStates();
    judgeNotes(receiver, this.#baseline.receiver, this.#known);
    const { status } = result;
    expectThat(
      status === 0 || status === 2 || status === 3,
      `nothing disturbs it any more, and it ends with ${status}`,
    );
    if (status === 2) return result;
    judgeDelivery(this.#command.wanted, this.#baseline.sender, receiver, this.#baseline.receiver, result);
    for (const source of findConflicts(result)) {
      expectThat(
        conflicts?.has(source) !== false,
        `a conflict with ${source} that wasn't there before, and nobody changed anything`,
      );
    }
    return result;
  }

  /** Nothing is left behind by runs of which the last one ended well. */
  #judgeRest(result: RunResult): void {
    judgeHolds(this.#baseline.sender, this.#renamed);
    judgeHolds(this.#baseline.receiver, this.#renamed);
    for (const name of ['a', 'b']) {
      const { records } = this.#scene.world.journal(name);
      // Where a run was cut off while it took them, it is not known whether that has ended.
      const mayBeUnknown = this.struck.length > 0;
      const known = mayBeUnknown ? records.filter(({ isTaken }) => isTaken) : records;
      expectThat(known.length === 0, `the journal of ${name} still has holds`);
    }
    if (this.#command.wanted.patterns.length > 0) return;
    for (const { name, partial } of this.#baseline.receiver.values()) {
      if (partial === undefined || !isOurs(partial.of) || findConflicts(result).size > 0) continue;
      const isOld = [...this.#first.receiver.values()].some((old) => old.partial?.token === partial.token);
      expectThat(isOld || this.#isTouched, `${name} on b still has what arrived of ${partial.of}`);
    }
  }

  /** Makes a version of some dataset of the sender, which becomes what it has. */
  async #tag(): Promise<void> {
    const { sender, random } = this.#scene;
    const names = [...sender.pools.datasets.keys()].filter((name) => /^tank\/[^ ]+$/.test(name));
    const [first] = names;
    if (first === undefined) return;
    const result = await this.#finish(
      this.#start(`tag ${random.chance(0.2) ? '-r ' : ''}${random.pick(names)}`, 'a'),
      { isTag: true },
    );
    const had = new Set([...snapshotsIn(this.#baseline.sender)].map(({ snapshot }) => snapshot.guid));
    const now = this.#capture();
    const made = [...snapshotsIn(now.sender)].filter(({ snapshot }) => !had.has(snapshot.guid));
    const told = result?.status === 0 ? result.stdout.trim().split('\n') : [];
    expectThat(
      made
        .map(({ dataset, snapshot }) => `${dataset.name}@${snapshot.name}`)
        .sort()
        .join() === told.sort().join(),
      'tag made something else than it says',
    );
    expectThat(describeHost(now.receiver) === describeHost(this.#baseline.receiver), 'tag changed b');
    this.#baseline = now;
    this.#first = now;
  }

  /** Prunes one of the hosts, which becomes what it has. */
  async #prune(): Promise<void> {
    const { random } = this.#scene;
    const host = random.pick(['a', 'b'] as const);
    const rule = random.pick(['--keep-last 1', '--keep-last 2', '--keep-within 1s', '--keep-daily 1']);
    const before = this.#capture();
    const result = await this.#finish(this.#start(`prune ${rule} --yes`, host), { isTag: true });
    expectThat(result?.status === 0, `prune ends with ${result?.status ?? 'nothing'}`);
    const now = this.#capture();
    const side = host === 'a' ? 'sender' : 'receiver';
    judgePrune(before[side], now[side], result);
    const other = host === 'a' ? 'receiver' : 'sender';
    expectThat(
      describeHost(now[other]) === describeHost(before[other]),
      `prune of ${host} changed the other`,
    );
    this.#baseline = now;
    this.#first = now;
  }

  /** Drops what interrupted receives have left. */
  async #abort(): Promise<void> {
    const result = await this.#finish(
      this.#start(this.#command.abortWords, 'b' === this.#command.host ? 'b' : 'a'),
    );
    expectThat(result?.status === 0, `abort ends with ${result?.status ?? 'nothing'}`);
    this.#judgeStates();
    for (const { name, partial } of this.#baseline.receiver.values()) {
      expectThat(
        !isOurs(partial?.of),
        `${name} on b still has what arrived of ${partial?.of ?? ''} after abort`,
      );
    }
  }

  #start(words: string, host: string = this.#command.host): SimRun {
    this.runs++;
    this.#story.push(`${host}$ zfs-vm ${words}`);
    const run = this.#scene.world.start(host, words);
    this.#started.push(run);
    return run;
  }

  /** The end of a run, judged by its words; undefined when it was killed. */
  async #finish(
    run: SimRun,
    { killed, isPlan = false, isTag = false }: FinishOptions = {},
  ): Promise<RunResult | undefined> {
    const over = new AbortController();
    const { clock } = this.#scene.world;
    const limit = clock.sleep(longestRunMs, over.signal).then(
      () => {
        throw new Violation('it hangs');
      },
      () => undefined,
    );
    const result = await Promise.race([run.finished, limit, ...(killed === undefined ? [] : [killed])]);
    over.abort();
    this.#story.push(
      result === undefined
        ? 'it was killed'
        : `it ends with ${result.status}:\n${result.stdout}${result.stderr}`,
    );
    if (result === undefined) return undefined;
    if (!isTag || result.status !== 3) judgeWords(result, isPlan);
    return result;
  }

  /** Waits until nothing runs any more. */
  async #calmDown(): Promise<void> {
    const { world, sender, receiver } = this.#scene;
    for (let waits = 0; !(sender.isIdle && receiver.isIdle); waits++) {
      expectThat(waits < 200, 'something still runs on a host long after the run');
      await world.clock.sleep(1000);
    }
  }

  /** Judges what has become of both hosts since the last time, which becomes the state that counts. */
  #judgeStates(): void {
    const { sender, receiver } = this.#baseline;
    const now = this.#capture();
    judgeSender(sender, now.sender, this.#command.leavesBookmarks);
    judgeReceiver(
      receiver,
      now.receiver,
      this.#known,
      findNamed(this.#command.mayLose ? this.#started.map((run) => run.readErrors()).join('\n') : ''),
    );
    this.#baseline = now;
  }

  #disturb(machine: Machine, work: () => void): void {
    // A pool that is away just now has no state to be judged.
    const { sender, receiver } = this.#scene;
    if (sender.pools.datasets.size === 0 || receiver.pools.datasets.size === 0) return;
    try {
      this.#judgeStates();
    } catch (error) {
      this.#found ??= error;
    }
    const before = describeBoth(this.#baseline);
    const datasets = new Map([...machine.pools.datasets].map(([name, { guid }]) => [guid, name]));
    work();
    for (const [name, { guid }] of machine.pools.datasets) {
      if (datasets.has(guid) && datasets.get(guid) !== name) this.#renamed.add(guid);
    }
    this.#baseline = this.#capture();
    if (describeBoth(this.#baseline) !== before) this.#isTouched = true;
  }
}

function describeBoth({ sender, receiver }: Baseline): string {
  return `${describeHost(sender)}\n${describeHost(receiver)}`;
}

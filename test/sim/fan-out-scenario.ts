import { captureState, describeHost, type HostState } from './capture.js';
import {
  findNamed,
  judgeHolds,
  judgeReceiver,
  judgeSender,
  withoutOurHolds,
  noteSnapshots,
  type KnownSnapshots,
} from './judge.js';
import { expectThat, Violation } from './violation.js';
import { LostHolds } from './lost-holds.js';
import type { Machine, Work } from './machine.js';
import { History } from './history.js';
import { meddle } from './meddling.js';
import type { Random } from './random.js';
import { SimWorld, type RunResult, type SimRun } from './sim-world.js';

/** In virtual time, no run takes that long. */
const longestRunMs = 2 * 86_400_000;

const receiverNames = ['b', 'c', 'd'] as const;

/** What came of a seed: its story, and the first thing that must not be, if there is one. */
export interface FanOutOutcome {
  readonly story: readonly string[];
  readonly problem: string | undefined;
}

/**
 * Makes a sender with a history and three receivers that have none, some or all of it, pushes to all three while things go wrong, and
 * pushes again undisturbed. Whatever happened: nothing is lost or changed that wasn't to be, no run hangs, and in the end each
 * receiver is as a push to it alone would have it, with nothing left behind.
 */
export async function runFanOutScenario(seed: number): Promise<FanOutOutcome> {
  const story: string[] = [];
  try {
    await new FanOutScenario(seed, story).run();
    return { story, problem: undefined };
  } catch (error) {
    if (error instanceof Violation) return { story, problem: error.message };
    return { story, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

class FanOutScenario {
  readonly #world: SimWorld;
  readonly #random: Random;
  readonly #story: string[];
  readonly #sender: Machine;
  readonly #receivers: readonly Machine[];
  readonly #known: KnownSnapshots = new Map();
  #senderState: HostState = new Map();
  #states: HostState[] = [];
  readonly #lostHolds = new LostHolds();
  readonly #started: SimRun[] = [];
  /** What was found in the middle of a run. */
  #found: unknown;

  /** Whether anything went wrong. */
  #isStruck = false;
  /** Whether receivers send to each other, and so have what they send held. */
  #isRelayed = false;

  constructor(seed: number, story: string[]) {
    this.#world = new SimWorld(seed);
    this.#random = this.#world.random.fork();
    this.#story = story;
    this.#sender = this.#world.addMachine('a');
    this.#receivers = receiverNames.map((name) =>
      this.#world.addMachine(name, { version: this.#random.pick(['2.1', '2.3', '2.3']) }),
    );
  }

  async run(): Promise<void> {
    await this.#makeHistory();
    this.#capture();
    const words = this.#pickWords();
    this.#isRelayed = words.includes('--relay');
    await this.#runWithFaults(words);
    if (this.#found !== undefined) throw this.#found as Error;
    this.#judge();
    const second = await this.#finish(this.#start(words));
    this.#judge();
    expectThat(
      [0, 3].includes(second.status),
      `nothing disturbs it any more, and it ends with ${second.status}`,
    );
    for (const state of [this.#senderState, ...this.#states]) judgeHolds(state, this.#lostHolds);
    const { records } = this.#world.journal('a');
    // Where a run was cut off while it took them, it is not known whether that has ended.
    const known = this.#isStruck ? records.filter(({ isTaken }) => isTaken) : records;
    expectThat(known.length === 0, 'the journal still has holds');
    const before = this.#states.map((state) => describeHost(state));
    for (const name of receiverNames) {
      const alone = await this.#finish(this.#start(words.replace('b c d', name)));
      expectThat([0, 3].includes(alone.status), `a push to ${name} alone ends with ${alone.status}`);
    }
    this.#judge();
    for (const [index, state] of this.#states.map((state) => describeHost(state)).entries()) {
      const name = receiverNames[index] ?? '';
      expectThat(state === before[index], `a push to ${name} alone found something left to do`);
    }
  }

  /** What was there in the course of time; each receiver got it when it pleased somebody. */
  async #makeHistory(): Promise<void> {
    const random = this.#random;
    const sending = new History('a', this.#sender, random, this.#story);
    for (let datasets = 1 + random.below(3); datasets > 0; datasets--) sending.begin();
    for (let epoch = 0; epoch < 3; epoch++) {
      sending.goOn(random.below(6));
      const some = receiverNames.filter(() => random.chance(0.4));
      if (some.length > 0) await this.#finish(this.#start(`push ${some.join(' ')}`));
    }
    sending.goOn(1 + random.below(6));
    const [first] = this.#receivers;
    if (first !== undefined && random.chance(0.2)) meddle(new History('b', first, random, this.#story));
  }

  #pickWords(): string {
    const random = this.#random;
    const options = [
      ...(random.chance(0.5) ? [`-j ${random.pick([1, 1, 2, 3])}`] : []),
      ...(random.chance(0.15) ? ['-d tank/new/place'] : []),
      ...(random.chance(0.15) ? ['--latest'] : []),
      ...(random.chance(0.15) ? ['--compress'] : []),
      ...(random.chance(0.1) ? ['--no-bookmark'] : []),
      ...(random.chance(0.1) ? ['--bwlimit 500K'] : []),
      ...(random.chance(0.1) ? ['--rollback --replace --yes'] : []),
      ...(random.chance(0.4) ? [`--fan-out-lag ${random.pick([0, 0, 1, 5, 600])}`] : []),
      ...(random.chance(0.3) ? [`--retries ${random.below(5)}`] : []),
      ...(random.chance(0.2) ? ['--stall-timeout 60'] : []),
    ];
    const excluded = ['--bwlimit', '--rollback'].some((word) =>
      options.some((option) => option.startsWith(word)),
    );
    const relay = !excluded && random.chance(0.3) ? ['--relay'] : [];
    return ['push', ...options, ...relay, 'b c d'].join(' ');
  }

  async #runWithFaults(words: string): Promise<void> {
    const run = this.#start(words);
    const killed = new Promise<undefined>((resolve) => {
      for (const machine of [this.#sender, ...this.#receivers]) this.#arm(machine, run, resolve);
    });
    const result = await Promise.race([run.finished, this.#hang(), killed]);
    this.#tell(result);
    for (const machine of [this.#sender, ...this.#receivers]) {
      machine.thaw();
      machine.delayMs = undefined;
      machine.unreachable = undefined;
      machine.missingPrograms.clear();
      if (machine.pools.datasets.size > 0) machine.pools.resizePool('tank', 1_000_000);
    }
    for (let waits = 0; ![this.#sender, ...this.#receivers].every(({ isIdle }) => isIdle); waits++) {
      expectThat(waits < 200, 'something still runs on a host long after the run');
      await this.#world.clock.sleep(1000);
    }
  }

  /** Has a host be as slow as it likes, and something go wrong when it has done so much. */
  #arm(machine: Machine, run: SimRun, onKilled: (nothing: undefined) => void): void {
    const random = this.#random;
    const paceMs = random.pick([0, 0, 1, 10, 200]);
    const faults: (() => void)[] = [
      () => {
        machine.disconnectAll('the connection broke');
      },
      () => {
        machine.reset();
      },
      () => {
        machine.freeze();
        void this.#world.clock.sleep(random.pick([3000, 20_000, 300_000])).then(() => {
          machine.thaw();
        });
      },
      () => {
        machine.unreachable = 'it is switched off';
        machine.reset();
        void this.#world.clock.sleep(random.pick([2000, 30_000, 300_000])).then(() => {
          machine.unreachable = undefined;
        });
      },
      () => {
        machine.pools.resizePool('tank', 1);
      },
      () => {
        machine.missingPrograms.add('zstd');
      },
      () => {
        run.interrupt();
      },
      () => {
        run.kill();
        onKilled(undefined);
      },
    ];
    const [breaks, resets, freezes] = faults;
    const isSender = machine === this.#sender;
    const disturb = (): void => {
      this.#disturbSender();
    };
    const choices = isSender ? [disturb] : [...faults, breaks, resets, freezes, freezes];
    const strike = random.chance(0.5) ? random.pick(choices) : undefined;
    const work: Work = isSender ? 'zfs' : random.pick(['zfs', 'receive', 'receive']);
    let left = 1 + random.below(work === 'zfs' ? 8 : 25);
    machine.delayMs = (what) => {
      if (what === work && --left === 0 && strike !== undefined) {
        this.#story.push(`${this.#nameOf(machine)} is struck: ${strike.toString().replaceAll(/\s+/g, ' ')}`);
        this.#isStruck = true;
        strike();
      }
      return random.below(1 + paceMs);
    };
  }

  /** Somebody prunes the sender, or gives snapshots other names, which counts as its state from then on. */
  #disturbSender(): void {
    try {
      this.#judge();
    } catch (error) {
      this.#found ??= error;
    }
    const history = new History('a', this.#sender, this.#random, this.#story);
    const noteLost = this.#lostHolds.begin(this.#sender);
    for (let acts = 1 + this.#random.below(6); acts > 0; acts--) {
      if (this.#random.chance(0.4)) {
        history.pruneSome();
        continue;
      }
      history.renameSome();
    }
    noteLost();
    this.#capture();
  }

  #nameOf(machine: Machine): string {
    return receiverNames[this.#receivers.indexOf(machine)] ?? 'a';
  }

  #start(words: string): SimRun {
    this.#story.push(`a$ zfs-vm ${words}`);
    const run = this.#world.start('a', words);
    this.#started.push(run);
    return run;
  }

  async #finish(run: SimRun): Promise<RunResult> {
    const result = await Promise.race([run.finished, this.#hang()]);
    this.#tell(result);
    return result;
  }

  async #hang(): Promise<never> {
    await this.#world.clock.sleep(longestRunMs);
    throw new Violation('it hangs');
  }

  #tell(result: RunResult | undefined): void {
    this.#story.push(
      result === undefined
        ? 'it was killed'
        : `it ends with ${result.status}:\n${result.stdout}${result.stderr}`,
    );
  }

  #capture(): void {
    this.#senderState = captureState(this.#sender);
    this.#states = this.#receivers.map(captureState);
    noteSnapshots(this.#known, this.#senderState);
  }

  /** Judges what has become of all hosts since the last time. */
  #judge(): void {
    const [sender, states] = [this.#senderState, this.#states];
    const named = this.#started.map((run) => run.readErrors()).join('\n');
    this.#capture();
    judgeSender(sender, this.#senderState, true);
    const asSeen = (state: HostState): HostState => (this.#isRelayed ? withoutOurHolds(state) : state);
    for (const [index, state] of states.entries()) {
      const now = this.#states[index] ?? new Map();
      judgeReceiver(asSeen(state), asSeen(now), this.#known, findNamed(named));
    }
  }
}

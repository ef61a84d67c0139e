import { captureState, describeHost, snapshotsIn, withoutPools, type HostState } from './capture.js';
import { Faults, type FaultName } from './faults.js';
import { followAsides, judgeSetAside, readAsideRights, type Followed } from './judge-aside.js';
import { judgeDelivery } from './judge-delivery.js';
import {
  findConflicts,
  findHalfMoved,
  findNamed,
  isOurs,
  judgeHolds,
  judgeNotes,
  judgeReceiver,
  judgeSender,
  noteSnapshots,
  readCount,
} from './judge.js';
import type { Machine } from './machine.js';
import { compareLooks } from './compare-looks.js';
import { judgeAsPlanned, readPlanned, type Planned } from './planned.js';
import { pickCommand, type TransferWords } from './random-command.js';
import type { Scene } from './random-world.js';
import type { Runner } from './runner.js';
import type { RunResult, SimRun } from './sim-world.js';
import { expectThat } from './violation.js';

/** What a run is about to be judged by: both hosts as they were, and as others have changed them since. */
interface Baseline {
  sender: HostState;
  receiver: HostState;
}

/** A command that is run while things go wrong, and then again without, and what is judged of it. */
export class Round {
  readonly #runner: Runner;
  readonly #scene: Scene;
  readonly #command: TransferWords;
  /** Whether somebody else has changed something while a run was under way. */
  #isTouched = false;
  /** The pools that were away while a run was under way: what is in them can't be seen then. */
  readonly #missedPools: { readonly machine: Machine; readonly pool: string }[] = [];
  readonly #started: SimRun[] = [];
  readonly #pools: number;
  #baseline: Baseline;
  #first: Baseline;
  /** A violation that was found in the middle of a run. */
  #found: unknown;
  #struck: readonly FaultName[] = [];

  constructor(runner: Runner) {
    this.#runner = runner;
    this.#scene = runner.scene;
    this.#command = pickCommand(this.#scene);
    this.#pools = this.#countPools();
    this.#baseline = this.#capture();
    this.#first = this.#baseline;
  }

  /** @throws Violation */
  async run(): Promise<void> {
    if (this.#scene.random.chance(0.5)) {
      await compareLooks(this.#scene.sender, this.#scene.receiver, this.#command);
    }
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
    // What had no place may have come by another way: as a version of a backup of it that has one.
    expectThat(
      third.status === second.status || (second.status === 3 && third.status === 0),
      `the same again ends with ${third.status} after ${second.status}`,
    );
    // What --delete destroys at the end of a run may have been what a conflict of it was about.
    const hasCleared = second.status === 3 && /^done:.* deleted$/m.test(second.stdout);
    expectThat(
      hasCleared || !/^done:/m.test(third.stdout),
      'there was something left to do after a run that ended well',
    );
    if (hasCleared) return;
    // What has come so is bookmarked when it is seen.
    const tell = (state: string): string =>
      third.status === second.status ? state : state.replace(/\n {2}#.*/g, '');
    const after = describeBoth(this.#baseline);
    expectThat(tell(after) === tell(before), 'a run with nothing to do changed something');
  }

  #capture(): Baseline {
    const { sender, receiver } = this.#scene;
    const baseline = { sender: captureState(sender), receiver: captureState(receiver) };
    noteSnapshots(this.#runner.known, baseline.sender);
    return baseline;
  }

  /** What would be done; nothing is changed by that. */
  async #plan(): Promise<Planned> {
    const before = describeBoth(this.#baseline);
    const result = await this.#runner.finish(this.#start(this.#command.planWords), { isPlan: true });
    expectThat(result !== undefined, 'the plan was killed');
    expectThat(describeBoth(this.#capture()) === before, 'a plan changed something');
    const expected = this.#command.isPowerless ? [0, 2, 3, 4] : [0, 2, 3];
    expectThat(expected.includes(result.status), `a plan that nothing disturbs ends with ${result.status}`);
    return readPlanned(result);
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
      ends.push(this.#runner.finish(run, { killed }));
    };
    const faults = new Faults({
      scene: this.#scene,
      local: isPull ? receiver : sender,
      remote: isPull ? sender : receiver,
      runs,
      disturb: (machine, work) => this.#disturb(machine, work),
      missPool: (machine, pool) => {
        this.#missedPools.push({ machine, pool });
      },
      kill: (run) => {
        run.kill();
        killers.get(run)?.();
      },
      startAnother: begin,
      tell: (line) => this.#runner.story.push(line),
    });
    begin();
    const results: (RunResult | undefined)[] = [];
    // Others may begin meanwhile.
    for (let index = 0; index < ends.length; index++) results.push(await ends[index]);
    faults.end();
    this.#struck = faults.struck;
    this.#runner.struck.push(...faults.struck);
    await this.#calmDown();
    if (this.#found !== undefined) throw this.#found as Error;
    this.#judgeStates();
    // A host that has just started may lack a pool yet, and nobody can know that there is one.
    const missed = this.#missedPools.filter(({ machine }) => machine === this.#scene.sender);
    const visible = withoutPools(this.#baseline.sender, new Set(missed.map(({ pool }) => pool)));
    this.#missedPools.length = 0;
    const [first] = results;
    // What a run that was killed has left under way stops no other.
    const mayFail = this.#command.isPowerless || / --retries /.test(this.#command.words);
    if (!mayFail && this.#struck.every((name) => name === 'the run is killed')) {
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
        expectThat(this.#struck.includes('the run is interrupted'), 'nobody interrupted it');
      }
      if (!this.#isTouched && (result.status === 0 || result.status === 3)) {
        judgeDelivery(this.#command.wanted, visible, this.#first.receiver, this.#baseline.receiver, result);
      }
    }
    const isAlone = results.length === 1 && !this.#isTouched;
    if (first !== undefined && isAlone) this.#judgeCount(first);
    const isCalm = this.#struck.length === 0;
    if (this.#command.isPowerless) return !isCalm;
    if (isCalm && first !== undefined && planned !== undefined) {
      judgeAsPlanned(planned, this.#follow(this.#first).state, this.#baseline.receiver, first);
    }
    return !isCalm;
  }

  /** What is said of a number of versions is so. */
  #judgeCount(result: RunResult): void {
    const count = readCount(result);
    if (count === undefined) return;
    const had = new Set(
      [...snapshotsIn(this.#follow(this.#first).state)].map(
        ({ dataset, snapshot }) => `${dataset.guid} ${snapshot.guid}`,
      ),
    );
    const arrived = [...snapshotsIn(this.#baseline.receiver)].filter(
      ({ dataset, snapshot }) => !had.has(`${dataset.guid} ${snapshot.guid}`),
    ).length;
    const isExact = count.isDone && !/retrying|reconnecting/.test(result.stderr);
    expectThat(
      isExact ? count.versions === arrived : count.versions <= arrived,
      `it says that it sent ${count.versions} versions, and ${arrived} have arrived`,
    );
  }

  /** Runs the command again, and nothing goes wrong. @param conflicts those that there may be; any when left out */
  async #runAlone(conflicts: ReadonlySet<string> | undefined): Promise<RunResult> {
    const before = this.#baseline;
    const { receiver } = before;
    const result = await this.#runner.finish(this.#start(this.#command.words));
    expectThat(result !== undefined, 'nobody killed it');
    await this.#calmDown();
    this.#judgeStates({ isTouched: false, isCalm: true });
    judgeNotes(this.#follow(before).state, this.#baseline.receiver, this.#runner.known);
    judgeSetAside(receiver, this.#baseline.receiver, result.stdout, this.#command.changes);
    const { status } = result;
    expectThat(
      status === 0 || status === 2 || status === 3,
      `nothing disturbs it any more, and it ends with ${status}`,
    );
    if (status === 2) return result;
    judgeDelivery(this.#command.wanted, this.#baseline.sender, receiver, this.#baseline.receiver, result);
    const half = findHalfMoved(result);
    for (const source of findConflicts(result)) {
      expectThat(
        // Only a host that restarted in the middle leaves that, and nobody may guess how it is to go on.
        conflicts?.has(source) !== false || half.has(source),
        `a conflict with ${source} that wasn't there before, and nobody changed anything`,
      );
    }
    return result;
  }

  /** Nothing is left behind by runs of which the last one ended well. */
  #judgeRest(result: RunResult): void {
    // What another run has left is for the next one from that host to that name of the sender.
    const others = new Set<string>();
    for (const name of ['a', 'b']) {
      for (const record of this.#scene.world.journal(name).records) {
        if (name !== this.#command.host || record.host !== this.#command.senderName) others.add(record.tag);
      }
    }
    judgeHolds(this.#baseline.sender, this.#runner.lostHolds, others);
    judgeHolds(this.#baseline.receiver, this.#runner.lostHolds, others);
    const records = this.#scene.world
      .journal(this.#command.host)
      .records.filter(({ tag }) => !others.has(tag));
    // Where a run was cut off while it took them, it is not known whether that has ended.
    const mayBeUnknown = this.#runner.struck.length > 0;
    const known = mayBeUnknown ? records.filter(({ isTaken }) => isTaken) : records;
    expectThat(known.length === 0, `the journal of ${this.#command.host} still has holds`);
    if (this.#command.wanted.patterns.length > 0) return;
    for (const { name, partial } of this.#baseline.receiver.values()) {
      if (partial === undefined || !isOurs(partial.of) || findConflicts(result).size > 0) continue;
      const isOld = [...this.#first.receiver.values()].some((old) => old.partial?.token === partial.token);
      expectThat(isOld || this.#isTouched, `${name} on b still has what arrived of ${partial.of}`);
    }
  }

  /** Drops what interrupted receives have left. */
  async #abort(): Promise<void> {
    const result = await this.#runner.finish(this.#start(this.#command.abortWords));
    expectThat(result?.status === 0, `abort ends with ${result?.status ?? 'nothing'}`);
    this.#judgeStates();
    for (const { name, partial } of this.#baseline.receiver.values()) {
      expectThat(
        !isOurs(partial?.of),
        `${name} on b still has what arrived of ${partial?.of ?? ''} after abort`,
      );
    }
  }

  #start(words: string): SimRun {
    const run = this.#runner.start(this.#command.host, words);
    this.#started.push(run);
    return run;
  }

  /** How many pools both hosts have just now. */
  #countPools(): number {
    const { sender, receiver } = this.#scene;
    const names = [...sender.pools.datasets.keys(), ...receiver.pools.datasets.keys()];
    return names.filter((name) => !name.includes('/')).length;
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
  #judgeStates({ isTouched = this.#isTouched, isCalm = false } = {}): void {
    const { sender, receiver } = this.#baseline;
    const now = this.#capture();
    judgeSender(sender, now.sender, this.#command.leavesBookmarks);
    const { state, moved } = this.#follow({ receiver }, now.receiver);
    this.#scene.provenance.judge({
      ...{ from: 'a', to: 'b', sender, before: state, after: now.receiver, moved },
      destination: this.#command.destination,
      undoes: this.#command.undoes,
      ...{ isTouched, isCalm, missesPool: this.#missedPools.length > 0 },
    });
    judgeReceiver(
      state,
      now.receiver,
      this.#runner.known,
      findNamed(this.#command.mayLose ? this.#started.map((run) => run.readErrors()).join('\n') : ''),
      this.#command.changes,
    );
    this.#baseline = now;
  }

  /** What the receiver had, with what was moved aside since under the name that it has now. */
  #follow({ receiver }: Pick<Baseline, 'receiver'>, now = this.#baseline.receiver): Followed {
    return followAsides(receiver, now, readAsideRights(this.#command.words));
  }

  /** @returns whether anything is different then */
  #disturb(machine: Machine, work: () => void): boolean {
    // A pool that is away just now has no state to be judged.
    if (this.#countPools() < this.#pools) return false;
    try {
      this.#judgeStates();
    } catch (error) {
      this.#found ??= error;
    }
    const before = describeAll(this.#baseline, machine);
    const noteLost = this.#runner.lostHolds.begin(machine);
    work();
    noteLost();
    this.#baseline = this.#capture();
    const hasChanged = describeAll(this.#baseline, machine) !== before;
    if (hasChanged) this.#isTouched = true;
    return hasChanged;
  }
}

/** Which keys of a host are loaded. */
function describeKeys({ pools }: Machine): string {
  const all = [...pools.datasets.values()].filter(({ isKeyLoaded }) => isKeyLoaded);
  return all.map(({ name }) => name).join(', ');
}

/** Everything that somebody may have changed; a dataset that has taken another one's place may look just like it. */
function describeAll(baseline: Baseline, machine: Machine): string {
  const guids = [baseline.sender, baseline.receiver].flatMap((state) => [...state.keys()]);
  return [describeBoth(baseline), describeKeys(machine), ...guids].join('\n');
}

function describeBoth({ sender, receiver }: Baseline): string {
  return `${describeHost(sender)}\n${describeHost(receiver)}`;
}

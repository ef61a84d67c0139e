import type { Call } from './call.js';
import type { Machine, Work } from './machine.js';
import { History } from './history.js';
import { meddle } from './meddling.js';
import type { Scene } from './random-world.js';
import type { SimRun } from './sim-world.js';

/** Everything that can go wrong, by the name that it is counted by. */
export const faultNames = [
  'a connection breaks',
  'a host stops answering',
  'a pool stands still',
  'a host restarts',
  'the run is killed',
  'the run is interrupted',
  'a zfs process dies',
  'the pool is full',
  'the sender changes',
  'the sender is pruned',
  'the receiver changes',
  'two runs at once',
  'a clock jumps',
  'output is cut',
  'permission is withdrawn',
  'a host is not there',
  'zstd is missing',
] as const;

export type FaultName = (typeof faultNames)[number];

/** What faults act on beside the hosts. */
export interface Stage {
  readonly scene: Scene;
  /** Where zfs-vm runs, and the host that it goes to. */
  readonly local: Machine;
  readonly remote: Machine;
  /** The runs so far that haven't ended, the one that is looked at first. */
  readonly runs: readonly SimRun[];
  /** Somebody else does something on a host, which counts as its state from then on. @returns whether that has changed anything */
  readonly disturb: (machine: Machine, work: () => void) => boolean;
  /** Told when one pool of several is away, though its host is there. */
  readonly missPool: (machine: Machine, pool: string) => void;
  /** Kills a run. */
  readonly kill: (run: SimRun) => void;
  /** Starts another run. */
  readonly startAnother: () => void;
  /** Notes a line of the story. */
  readonly tell: (line: string) => void;
}

/** When a fault strikes: at the so-manieth time that a host does something, and so many milliseconds after that. */
interface Armed {
  readonly name: FaultName;
  readonly machine: Machine;
  readonly on: Work;
  left: number;
  readonly delayMs: number;
}

/** How long a connection lives that nobody answers on, as ours do. */
const silenceMs = 45_000;

/** The faults of one run: armed before it, and gone after it. */
export class Faults {
  readonly #stage: Stage;
  readonly #armed: Armed[] = [];
  readonly #repairs: (() => void)[] = [];
  /** Those that have struck. */
  readonly struck: FaultName[] = [];
  #isOver = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    const { random } = stage.scene;
    const count = random.pick([0, 1, 1, 2, 2, 3, 3, 4]);
    for (let fault = 0; fault < count; fault++) this.#arm(random.pick(faultNames));
    const pace = random.pick([0, 0, 3, 20, 300]);
    for (const machine of [stage.local, stage.remote]) this.#watch(machine, pace);
  }

  /** How many there are. */
  get count(): number {
    return this.#armed.length;
  }

  /** Everything is as it should be again. */
  end(): void {
    this.#isOver = true;
    for (const repair of this.#repairs.splice(0)) repair();
    for (const machine of [this.#stage.local, this.#stage.remote]) {
      machine.beforeZfs = undefined;
      machine.delayMs = undefined;
    }
  }

  #arm(name: FaultName): void {
    const { scene, local, remote } = this.#stage;
    const { random } = scene;
    const [on, most] =
      name === 'a zfs process dies'
        ? (['zfs', 8] as const)
        : random.pick([
            ['zfs', 5],
            ['zfs', 12],
            ['receive', 25],
            ['send', 3],
            ...(name === 'a connection breaks' ? [] : ([['connect', 1]] as const)),
          ] as const);
    const machine =
      on === 'receive'
        ? scene.receiver
        : on === 'send'
          ? scene.sender
          : on === 'connect'
            ? local
            : random.pick([local, remote]);
    const left = 1 + random.below(most);
    this.#armed.push({ name, machine, on, left, delayMs: random.pick([0, 0, 1, 10, 200]) });
  }

  #watch(machine: Machine, pace: number): void {
    const { random } = this.#stage.scene;
    machine.delayMs = (work, bytes) => {
      if (work !== 'zfs') this.#count(machine, work, undefined);
      if (pace === 0) return 0;
      const scale = work === 'connect' ? 4 : work === 'zfs' ? 1 : bytes > 0 ? 0.1 : 0.1;
      return Math.floor(random.below(pace) * scale);
    };
    machine.beforeZfs = (_words, call) => {
      this.#count(machine, 'zfs', call);
    };
  }

  #count(machine: Machine, work: Work, call: Call | undefined): void {
    for (const armed of this.#armed) {
      if (armed.machine !== machine || armed.on !== work || --armed.left !== 0) continue;
      if (armed.delayMs === 0) {
        this.#strike(armed.name, machine, call);
      } else {
        void this.#after(armed.delayMs, () => {
          this.#strike(armed.name, machine, call);
        });
      }
    }
  }

  /** Does something later, unless all is over by then. */
  async #after(delayMs: number, work: () => void): Promise<void> {
    await this.#stage.scene.world.clock.sleep(delayMs);
    if (!this.#isOver) work();
  }

  /** Ends a fault after a while, or at the end. */
  #repairAfter(delayMs: number, work: () => void): void {
    let isDone = false;
    const once = (): void => {
      if (!isDone) work();
      isDone = true;
    };
    this.#repairs.push(once);
    void this.#after(delayMs, once);
  }

  #strike(name: FaultName, machine: Machine, call: Call | undefined): void {
    const { scene, local, remote, runs, disturb, kill, startAnother, tell } = this.#stage;
    const { random, sender, receiver, world } = scene;
    const seconds = (choices: readonly number[]): number => random.pick(choices) * 1000;
    const where = machine === sender ? 'a' : 'b';
    const told = (what = ''): void => {
      this.struck.push(name);
      tell(`${String(world.clock.nowMs)} ms: ${name}${what === '' ? '' : `: ${what}`}`);
    };
    switch (name) {
      case 'a connection breaks': {
        const connection = runs[0]?.connections.findLast((each) => each.machine === remote);
        if (connection === undefined) return;
        const bytes = random.pick([0, 10, 500, 5000, 40_000, 150_000]) + random.below(500);
        told(`after ${bytes} bytes more`);
        connection.breakAfter(bytes);
        return;
      }
      case 'a host stops answering': {
        const delayMs = seconds([1, 10, 100, 1000]);
        told(`for ${delayMs} ms`);
        remote.freeze();
        remote.unreachable = 'no answer';
        if (delayMs > silenceMs) {
          void this.#after(silenceMs, () => {
            for (const run of runs) {
              for (const each of run.connections) {
                if (each.machine === remote && each.name !== 'local') each.disconnect('no answer');
              }
            }
          });
        }
        this.#repairAfter(delayMs, () => {
          remote.unreachable = undefined;
          remote.thaw();
        });
        return;
      }
      case 'a pool stands still': {
        const delayMs = seconds([1, 10, 100, 1000]);
        told(`on ${where} for ${delayMs} ms`);
        machine.freeze();
        this.#repairAfter(delayMs, () => {
          machine.thaw();
        });
        return;
      }
      case 'a host restarts': {
        const [downMs, importMs] = [seconds([1, 4, 30]), seconds([0, 0, 1, 3])];
        told(`in ${downMs} ms, its pool in ${importMs} ms more`);
        remote.unreachable = 'connection refused';
        remote.reset();
        for (const run of runs.slice(1)) if (run.connections[0]?.machine === remote) kill(run);
        const restore: (() => void)[] = [];
        void this.#after(1, () => {
          if (importMs === 0) return;
          const pool = random.pick(poolsOf(remote));
          this.#stage.missPool(remote, pool);
          restore.push(remote.pools.exportPool(pool));
        });
        this.#repairAfter(downMs, () => {
          remote.unreachable = undefined;
        });
        this.#repairAfter(downMs + importMs, () => {
          for (const back of restore) back();
        });
        return;
      }
      case 'the run is killed':
      case 'the run is interrupted': {
        const [run] = runs;
        if (run === undefined) return;
        const isFollowed = name === 'the run is killed' && random.chance(0.5);
        told(isFollowed ? 'the same is run again at once, while what was on its way still arrives' : '');
        if (name === 'the run is killed') kill(run);
        else run.interrupt();
        if (isFollowed) startAnother();
        return;
      }
      case 'a zfs process dies':
        if (call === undefined) return;
        told(`${call.words[0] ?? ''} on ${where}`);
        call.process.kill(random.pick(['KILL', 'TERM']));
        return;
      case 'the pool is full': {
        const blocks = random.below(80);
        told(`${blocks} blocks`);
        const pool = random.pick(poolsOf(receiver));
        receiver.pools.resizePool(pool, blocks);
        this.#repairAfter(seconds([2, 10_000]), () => {
          receiver.pools.resizePool(pool, 1_000_000);
        });
        return;
      }
      case 'the sender changes':
      case 'the sender is pruned':
      case 'the receiver changes': {
        const changed = name === 'the receiver changes' ? receiver : sender;
        const lines: string[] = [];
        const history = new History(changed === sender ? 'a' : 'b', changed, random, lines);
        const hasChanged = disturb(changed, () => {
          if (name === 'the sender is pruned') history.pruneSome();
          else meddle(history);
        });
        // What zfs refuses in the end it may have done in part.
        if (hasChanged && lines.length === 0) lines.push('something that zfs has refused in the end');
        if (lines.length > 0) told(lines.join('; '));
        return;
      }
      case 'two runs at once':
        told();
        startAnother();
        return;
      case 'a clock jumps': {
        const days = random.pick([-400, -1, 1, 4000]);
        told(`${days} days on ${where}`);
        machine.clockOffsetMs += days * 86_400_000;
        return;
      }
      case 'output is cut': {
        let left = 1 + random.below(4);
        const bytes = random.pick([0, 5, 40, 300]) + random.below(40);
        remote.loseOutputAfter = () => (--left === 0 ? bytes : undefined);
        told(`of the ${left}. command from now, after ${bytes} bytes`);
        this.#repairs.push(() => {
          remote.loseOutputAfter = undefined;
        });
        return;
      }
      case 'permission is withdrawn':
        told(`on ${where}`);
        machine.isZfsDenied = true;
        this.#repairAfter(seconds([1, 10_000]), () => {
          machine.isZfsDenied = false;
        });
        return;
      case 'a host is not there':
        told();
        remote.unreachable = 'connection refused';
        this.#repairAfter(seconds([1, 4, 10_000]), () => {
          remote.unreachable = undefined;
        });
        return;
      case 'zstd is missing':
        told(`on ${local === machine ? 'this' : 'the other'} host`);
        machine.missingPrograms.add('zstd');
        this.#repairs.push(() => {
          machine.missingPrograms.delete('zstd');
        });
        return;
    }
  }
}

/** The names of a host's pools; `tank` where all are away. */
function poolsOf({ pools }: Machine): string[] {
  const names = [...pools.datasets.keys()].filter((name) => !name.includes('/'));
  return names.length === 0 ? ['tank'] : names;
}

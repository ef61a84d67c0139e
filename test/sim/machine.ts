import { ZfsVmError } from '../../src/base/errors.js';
import type { Call } from './call.js';
import type { VirtualClock } from './clock.js';
import { Pools, type ZfsVersion } from './pools.js';
import type { Random } from './random.js';
import type { Process } from './process.js';
import type { Session } from './session.js';
import { SimHost } from './sim-host.js';
import { rootUser, type User } from './user.js';

/** What takes time on a simulated host. */
export type Work = 'connect' | 'zfs' | 'send' | 'receive';

/** How a pool is, besides what is in it. */
export interface PoolState {
  readonly health: string;
  readonly isReadonly: boolean;
  readonly freeBytes: number;
  readonly percentUsed: number;
  readonly disabledFeatures: readonly string[];
}

/** One that nothing is wrong with. */
export const soundPool: PoolState = {
  ...{ health: 'ONLINE', isReadonly: false, freeBytes: 2 ** 36, percentUsed: 10 },
  disabledFeatures: [],
};

/** When the simulated world begins. */
const epochMs = Date.UTC(2024, 0, 1);

/** A simulated host: its pools, its processes, and what may go wrong there. */
export class Machine {
  readonly clock: VirtualClock;
  readonly pools: Pools;
  /** Folders that are no mountpoints of ZFS, by their paths, with the names of what is in them. */
  readonly folders = new Map<string, readonly string[] | 'unreadable'>();
  /** Programs that aren't installed. */
  readonly missingPrograms = new Set<string>();
  /** What is told of its pools, where they aren't sound. */
  readonly poolStates = new Map<string, Partial<PoolState>>();
  /** What its login scripts print. */
  banner = '';
  /** How many virtual milliseconds something takes; nothing takes any by default. */
  delayMs: ((work: Work, bytes: number) => number) | undefined;
  /** Called before zfs does anything: a place for others to meddle. */
  beforeZfs: ((words: readonly string[], call: Call) => Promise<void> | void) | undefined;
  /** What a zfs that lies does instead of what it is asked for. */
  lie: ((words: readonly string[]) => readonly string[]) | undefined;
  /** Whether zfs refuses everybody. */
  isZfsDenied = false;
  /** By how much its clock is wrong. */
  clockOffsetMs = 0;
  /** How its ssh connects to another host; undefined where it knows none. @throws ZfsVmError `connection` */
  reach: ((target: string) => SimHost) | undefined;
  /** Why nobody can connect; undefined when everybody can. */
  unreachable: string | undefined;
  /** Of a command's output, only so many bytes come through, and the rest is lost; all of it where undefined is given. */
  loseOutputAfter: ((argv: readonly string[]) => number | undefined) | undefined;
  readonly #connections = new Set<SimHost>();
  readonly #sessions = new Set<Session>();
  /** Those who wait for the end of the frost; undefined when there is none. */
  #frozen: (() => void)[] | undefined;
  #lastPid = 1000;

  constructor(options: {
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly version?: ZfsVersion;
    readonly blockBytes?: number;
  }) {
    const { clock, random, version = '2.3', blockBytes = 4096 } = options;
    this.clock = clock;
    this.pools = new Pools({ version, random, blockBytes, nowMs: () => this.dateMs });
  }

  /** Milliseconds since 1970, by its clock. */
  get dateMs(): number {
    return epochMs + this.clock.nowMs + this.clockOffsetMs;
  }

  /**
   * A connection to it, or the machine itself as the person who sits there sees it.
   * @param name what the person calls it
   * @throws ZfsVmError `connection` when it can't be reached
   */
  connect(name: string, user: User = rootUser): SimHost {
    if (this.unreachable !== undefined) {
      throw new ZfsVmError('connection', `cannot connect to ${name}: ${this.unreachable}`);
    }
    const host = new SimHost(name, this, user);
    this.#connections.add(host);
    return host;
  }

  /** Breaks all connections. */
  disconnectAll(reason: string): void {
    for (const connection of this.#connections) connection.disconnect(reason);
    this.#connections.clear();
  }

  /** It is reset: everything that runs there ends at once, and all connections are gone. */
  reset(): void {
    this.disconnectAll('it was reset');
    for (const session of this.#sessions) session.kill('KILL');
  }

  /** It stands still, with all that runs there, and answers nothing. */
  freeze(): void {
    this.#frozen ??= [];
  }

  /** It goes on after `freeze`. */
  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const wake of waiting) wake();
  }

  /** Whether nothing runs there. */
  get isIdle(): boolean {
    return this.#sessions.size === 0;
  }

  /** Notes what runs there. */
  addSession(session: Session): void {
    this.#sessions.add(session);
  }

  /** Forgets what has ended. */
  removeSession(session: Session): void {
    this.#sessions.delete(session);
  }

  /** The number of the next process. */
  nextPid(): number {
    return ++this.#lastPid;
  }

  /** Lets the time pass that something takes. @throws ProcessEnd when the process is killed meanwhile */
  async pace(process: Process, work: Work, bytes: number): Promise<void> {
    const delayMs = this.delayMs?.(work, bytes) ?? 0;
    if (delayMs > 0) {
      await process.wait((wake) => {
        void this.clock.sleep(delayMs).then(wake);
      });
    }
    while (this.#frozen !== undefined) {
      const waiting = this.#frozen;
      await process.wait((wake) => waiting.push(wake));
    }
    process.check();
  }
}

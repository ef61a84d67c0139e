import { Writable } from 'node:stream';
import { runCommandLine } from '../../src/command-line/run-command-line.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { joinRunLines, type RunLine } from '../../src/base/run-record.js';
import { exitCodeOf, ZfsVmError } from '../../src/base/errors.js';
import type { ConnectOptions } from '../../src/host/connect/connect-host.js';
import type { RunJournal } from '../../src/host/run-journal.js';
import type { RunLock } from '../../src/host/run-lock.js';
import { interruptGraceMs } from '../../src/main.js';
import { formatError } from '../../src/report/error-text.js';
import { chooseColors } from '../../src/report/terminal/colors.js';
import type { Platform } from '../../src/tasks/surroundings.js';
import { nobody } from '../../src/host/ssh/prompt.js';
import { VirtualClock } from './clock.js';
import { GatedHost, type SimGate } from './gated-host.js';
import { Machine } from './machine.js';
import type { ZfsVersion } from './pools.js';
import { Random } from './random.js';
import type { SimHost } from './sim-host.js';
import { SimJournal } from './sim-journal.js';
import { plainUser, rootUser, type User } from './user.js';

/** How a run of zfs-vm ended, and what it said. */
export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The same, with both as a terminal shows them. */
export interface ShownResult extends RunResult {
  readonly output: string;
}

/** A run of zfs-vm that is under way. */
export interface SimRun {
  readonly finished: Promise<ShownResult>;
  /** What it has printed to stderr so far. */
  readonly readErrors: () => string;
  /** The person stops it. */
  readonly interrupt: () => void;
  /** It is killed, or its machine ends: it does nothing any more, and nobody hears of it. */
  readonly kill: () => void;
  /** The connections that it has made so far, this machine included, the last one last. */
  readonly connections: readonly SimHost[];
}

/** Something that is at work on a simulated host. */
export interface SimPresence {
  readonly platform: Platform;
  /** The connections that it has made so far, this machine included, the last one last. */
  readonly connections: readonly SimHost[];
  readonly isHere: () => boolean;
  /** It has come to its end: its locks are free. */
  readonly leave: () => void;
  /** It is killed: it does nothing any more, and nobody hears of it. */
  readonly kill: () => void;
}

/** Simulated hosts that reach each other, and the whole of zfs-vm on each of them. Everything follows from the seed. */
export class SimWorld {
  readonly clock = new VirtualClock();
  readonly random: Random;
  /** Configuration files by their paths; that at `config.toml` counts unless a run names another. */
  readonly configFiles = new Map<string, string>();
  /** The connections that hosts have made to each other by their own ssh, the last one last. */
  readonly links: SimHost[] = [];
  /** Gates that stand before hosts, whoever connects to them. */
  readonly gates = new Map<Machine, SimGate>();
  readonly #machines = new Map<string, Machine>();
  readonly #journals = new Map<Machine, SimJournal>();
  readonly #runLines = new Map<Machine, RunLine[]>();
  /** Whether runs are alive, by their numbers. */
  readonly #runs = new Map<number, () => boolean>();
  #lastPid = 0;
  /** Of the locks that were taken, whether their holders are alive. */
  readonly #locks = new Map<string, () => boolean>();
  readonly #users = new Map<string, User>([['root', rootUser]]);

  constructor(seed: number | bigint = 1) {
    this.random = new Random(seed);
  }

  /** Adds a host with empty pools; with `tank` alone when none are named. */
  addMachine(
    name: string,
    { version = '2.3', pools = ['tank'] }: { version?: ZfsVersion; pools?: readonly string[] } = {},
  ): Machine {
    const machine = new Machine({ clock: this.clock, random: this.random.fork(), version });
    for (const pool of pools) machine.pools.createPool(pool);
    machine.reach = (target) => {
      const link = this.#connect(target, target);
      this.links.push(link);
      return link;
    };
    this.#machines.set(name, machine);
    this.#journals.set(machine, new SimJournal());
    return machine;
  }

  /** Adds a user to all hosts. */
  addUser(name: string, options: Parameters<typeof plainUser>[1]): void {
    this.#users.set(name, plainUser(name, options));
  }

  hasMachine(name: string): boolean {
    return this.#machines.has(name);
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`the simulated world has no host ${name}`);
    return machine;
  }

  /** What the runs on a host have written down of their holds. */
  journal(name: string): SimJournal {
    const journal = this.#journals.get(this.machine(name));
    if (journal === undefined) throw new Error(`${name} has no journal`);
    return journal;
  }

  /** Runs zfs-vm on a host to its end. @param args its words, or a line of them with spaces between */
  run(name: string, args: string | readonly string[]): Promise<ShownResult> {
    return this.start(name, args).finished;
  }

  /** Starts zfs-vm on a host. */
  start(name: string, args: string | readonly string[]): SimRun {
    const abort = new AbortController();
    const presence = this.enter(name);
    const output: string[] = [];
    const [stdout, stderr] = [new TextSink(output), new TextSink(output)];
    const context = {
      ...{ stdout, stderr, env: {}, signal: abort.signal },
      configFiles: {
        usualPath: 'config.toml',
        read: (path: string) => Promise.resolve(this.configFiles.get(path)),
        create: (path: string, text: string) => {
          if (this.configFiles.has(path)) return Promise.resolve(false);
          this.configFiles.set(path, text);
          return Promise.resolve(true);
        },
      },
      platform: presence.platform,
      readProgramVersion: () => '1.2.3',
      runJournal: this.#openRunJournal(name, presence.isHere),
    };
    const fail = (error: unknown): number => {
      stderr.write(formatError(error, chooseColors(stderr, {}), { debug: false }));
      return exitCodeOf(error);
    };
    let leave: ((status: number) => void) | undefined;
    const leaving = new Promise<number>((resolve) => {
      leave = resolve;
    });
    const running = runCommandLine(
      typeof args === 'string' ? args.split(' ').filter((word) => word !== '') : args,
      commandClasses,
      context,
    ).catch((error: unknown) => {
      if (!(error instanceof ZfsVmError)) throw error;
      const wasInterrupted = error.kind === 'interrupted';
      return fail(abort.signal.aborted && !wasInterrupted ? abort.signal.reason : error);
    });
    const finished = Promise.race([running, leaving])
      .then((status): ShownResult => ({
        status,
        stdout: stdout.text,
        stderr: stderr.text,
        output: output.join(''),
      }))
      .finally(presence.leave);
    return {
      finished,
      connections: presence.connections,
      readErrors: () => stderr.text,
      interrupt: () => {
        const reason = new ZfsVmError('interrupted', 'interrupted by SIGINT');
        abort.abort(reason);
        void this.clock.sleep(interruptGraceMs).then(() => {
          if (!presence.isHere()) return;
          leave?.(fail(reason));
          presence.kill();
        });
      },
      kill: presence.kill,
    };
  }

  /** What the runs on a host have written down, as one of them sees it. @param isHere whether that one is alive */
  #openRunJournal(name: string, isHere: () => boolean): RunJournal {
    const machine = this.machine(name);
    const lines = this.#runLines.get(machine) ?? [];
    this.#runLines.set(machine, lines);
    const pid = ++this.#lastPid;
    this.#runs.set(pid, isHere);
    return {
      write: (line) => {
        if (isHere()) lines.push(line);
        return Promise.resolve();
      },
      read: () => Promise.resolve(joinRunLines(lines, (begin) => this.#runs.get(begin.pid)?.() === true)),
      identify: () => Promise.resolve({ pid, bootId: '' }),
    };
  }

  /** Begins something on a host: what it finds there. */
  enter(name: string): SimPresence {
    const local = this.machine(name);
    let isAlive = true;
    const connections: SimHost[] = [];
    const never = new Promise<never>(() => undefined);
    const open = (connect: () => SimHost): SimHost => {
      const host = connect();
      connections.push(host);
      return host;
    };
    return {
      connections,
      isHere: () => isAlive,
      leave: () => {
        isAlive = false;
      },
      kill: () => {
        isAlive = false;
        for (const connection of connections) connection.disconnect('its client is gone');
      },
      platform: {
        openLocal: () => open(() => local.connect('local')),
        connect: async (target: string, { name: known = target }: Pick<ConnectOptions, 'name'>) => {
          const delayMs = local.delayMs?.('connect', 0) ?? 0;
          if (delayMs > 0) await this.clock.sleep(delayMs);
          if (!isAlive) return never;
          const host = open(() => this.#connect(target, known));
          const gate = this.gates.get(host.machine);
          return gate === undefined ? host : new GatedHost(host, gate, this.clock);
        },
        holdJournal: this.journal(name).open(() => isAlive),
        takeLock: (lockName: string) => Promise.resolve(this.#takeLock(`${name} ${lockName}`, () => isAlive)),
        // Nobody is there to answer.
        prompter: nobody,
        clock: {
          nowMs: () => this.clock.nowMs,
          dateMs: () => local.dateMs,
          sleep: async (delayMs: number, signal: AbortSignal) => {
            await this.clock.sleep(delayMs, signal);
            if (!isAlive) await never;
          },
        },
      },
    };
  }

  /** A lock, which is free when its holder is dead. */
  #takeLock(name: string, isHolderAlive: () => boolean): RunLock | undefined {
    if (this.#locks.get(name)?.() === true) return undefined;
    this.#locks.set(name, isHolderAlive);
    return {
      release: () => {
        this.#locks.delete(name);
        return Promise.resolve();
      },
    };
  }

  /** `[user@]host`; without a user, root. @param name what the person calls it */
  #connect(target: string, name: string): SimHost {
    const [, userName = 'root', machineName = ''] = /^(?:([^@]*)@)?(.*)$/.exec(target) ?? [];
    const user = this.#users.get(userName);
    if (user === undefined) throw new ZfsVmError('connection', `${target}: there is no such user`);
    return this.machine(machineName).connect(name, user);
  }
}

/** Keeps the text that is written to it, also beside that of another one. */
class TextSink extends Writable {
  text = '';
  readonly #shared: string[];

  constructor(shared: string[]) {
    super();
    this.#shared = shared;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.#shared.push(chunk.toString());
    done();
  }
}

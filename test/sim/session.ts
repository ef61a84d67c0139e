import type { Machine } from './machine.js';
import { Process, ProcessEnd, statusOfSignal } from './process.js';

/** The processes of one command that was started on a simulated host. */
export class Session {
  readonly machine: Machine;
  readonly #processes = new Map<number, Process>();
  #killedBy: string | undefined;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Runs something in a process of its own, and gives its status as a shell tells it. */
  async runChild(parent: Process, work: (process: Process) => Promise<number>): Promise<number> {
    const process = this.fork(parent);
    try {
      return await work(process);
    } catch (error) {
      if (!(error instanceof ProcessEnd)) throw error;
      return 'status' in error.end ? error.end.status : statusOfSignal(error.end.signal);
    } finally {
      this.forget(process);
    }
  }

  /** A new process of it; its first one has no parent. */
  fork(parent?: Process): Process {
    const process = new Process(this.machine.nextPid(), parent?.ignored);
    if (this.#killedBy !== undefined) process.kill(this.#killedBy);
    this.#processes.set(process.pid, process);
    return process;
  }

  /** Forgets a process that has ended. */
  forget(process: Process): void {
    this.#processes.delete(process.pid);
  }

  find(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  /** Ends all of it. */
  kill(signal: string): void {
    this.#killedBy ??= signal;
    for (const process of this.#processes.values()) process.kill(signal);
  }
}

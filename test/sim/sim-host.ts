import { Readable, Writable } from 'node:stream';
import { ZfsVmError } from '../../src/base/errors.js';
import type { Exit, Host, HostProcess, StartOptions } from '../../src/host/host.js';
import type { Machine } from './machine.js';
import { Pipe, ReadEnd, WriteEnd, type Output } from './pipe.js';
import { Process, ProcessEnd } from './process.js';
import { runProgram } from './programs.js';
import { Session } from './session.js';
import type { User } from './user.js';

/** A way to a simulated host, as the rest of the program knows hosts. */
export class SimHost implements Host {
  readonly name: string;
  readonly joinsPipes = false;
  readonly machine: Machine;
  readonly #user: User;
  readonly #running = new Set<SimCommand>();
  #lostReason: string | undefined;
  #isClosed = false;
  /** After how many bytes more, both ways together, the connection breaks. */
  #bytesLeft = Infinity;

  constructor(name: string, machine: Machine, user: User) {
    this.name = name;
    this.machine = machine;
    this.#user = user;
  }

  /** Lets the connection break after so many bytes more, both ways together. */
  breakAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  /** Breaks the connection now. What runs on the machine notices only that its pipes have ended. */
  disconnect(reason: string): void {
    this.#lostReason ??= reason;
    for (const command of [...this.#running]) command.lose(this.#lostReason);
  }

  start(argv: readonly string[], { signal }: StartOptions = {}): Promise<HostProcess> {
    if (this.#isClosed || this.#lostReason !== undefined) {
      const reason = this.#lostReason ?? 'it is closed';
      return Promise.reject(new ZfsVmError('connection', `${this.name}: the connection is gone: ${reason}`));
    }
    const session = new Session(this.machine);
    const command = new SimCommand(session, {
      take: (bytes) => this.#carry(bytes),
      settle: () => {
        if (this.#bytesLeft === 0) this.disconnect('the connection broke');
      },
    });
    this.#running.add(command);
    this.machine.addSession(session);
    const stop = (): void => {
      command.stop();
    };
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    void command.exit.then(() => {
      signal?.removeEventListener('abort', stop);
      this.#running.delete(command);
    });
    command.run(argv, this.#user);
    return Promise.resolve(command);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const command of this.#running) command.stop();
    return Promise.resolve();
  }

  /** Of so many bytes, how many still get through. */
  #carry(bytes: number): number {
    const carried = Math.min(bytes, this.#bytesLeft);
    this.#bytesLeft -= carried;
    return carried;
  }
}

/** What a connection does to the bytes that go through it. */
interface Carrier {
  /** Of so many bytes, how many get through. */
  readonly take: (bytes: number) => number;
  /** What got through has been handed over: the connection breaks if that was the last. */
  readonly settle: () => void;
}

/** A command on a simulated host, as seen from here. */
class SimCommand implements HostProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exit: Promise<Exit>;
  readonly #session: Session;
  readonly #carrier: Carrier;
  readonly #input = new Pipe();
  readonly #output = new Pipe();
  readonly #errors = new Pipe();
  /** Stands for what passes its input on. */
  readonly #relay = new Process(0);
  #end: Exit | undefined;
  #resolveEnd: ((exit: Exit) => void) | undefined;

  constructor(session: Session, carrier: Carrier) {
    this.#session = session;
    this.#carrier = carrier;
    this.stdin = this.#makeInput();
    this.stdout = this.#makeOutput(this.#output);
    this.stderr = this.#makeOutput(this.#errors);
    const ended = new Promise<Exit>((resolve) => {
      this.#resolveEnd = resolve;
    });
    this.exit = Promise.all([ended, isOver(this.stdout), isOver(this.stderr)]).then(([exit]) => exit);
  }

  /** Runs a program. What it throws that is no end of a process is a defect of the simulator, and not caught. */
  run(argv: readonly string[], user: User): void {
    void this.#run(argv, user);
  }

  /** Tells it to terminate, and closes its pipes. */
  stop(): void {
    this.#settle({ kind: 'stopped' });
    this.stdin.destroy();
    this.#session.kill('TERM');
  }

  /** The connection is gone: nobody knows how it ends, and it finds its pipes closed. */
  lose(reason: string): void {
    this.#settle({ kind: 'lost', reason });
    this.stdin.destroy();
    this.stdout.push(null);
    this.stderr.push(null);
    this.#output.closeReader();
    this.#errors.closeReader();
  }

  async #run(argv: readonly string[], user: User): Promise<void> {
    const [program = '', ...words] = argv;
    const { machine } = this.#session;
    const process = this.#session.fork();
    const [stdin, stderr] = [new ReadEnd(this.#input), new WriteEnd(this.#errors)];
    const limit = machine.loseOutputAfter?.(argv);
    const whole = new WriteEnd(this.#output);
    const stdout = limit === undefined ? whole : loseAfter(whole, limit);
    const call = { session: this.#session, process, words, stdin, stdout, stderr, user };
    try {
      if (machine.banner !== '') await stdout.write(process, Buffer.from(machine.banner));
      this.#settle({ kind: 'exited', code: await runProgram(program, call) });
    } catch (error) {
      if (!(error instanceof ProcessEnd)) throw error;
      const { end } = error;
      this.#settle(
        'status' in end
          ? { kind: 'exited', code: end.status }
          : { kind: 'signalled', signal: `SIG${end.signal}` },
      );
    } finally {
      this.#session.forget(process);
      machine.removeSession(this.#session);
      stdin.close();
      stdout.close();
      stderr.close();
    }
  }

  #settle(exit: Exit): void {
    if (this.#end !== undefined) return;
    this.#end = exit;
    this.#resolveEnd?.(exit);
  }

  #makeInput(): Writable {
    const end = new WriteEnd(this.#input);
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        const carried = this.#carrier.take(chunk.length);
        end.write(this.#relay, chunk.subarray(0, carried)).then(
          () => {
            done();
            this.#carrier.settle();
          },
          () => {
            done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
          },
        );
      },
      final: (done) => {
        end.close();
        done();
      },
      destroy: (error, done) => {
        end.close();
        done(error);
      },
    });
  }

  #makeOutput(pipe: Pipe): Readable {
    const end = new ReadEnd(pipe);
    const relay = new Process(0);
    let isReading = false;
    const stream = new Readable({
      read: () => {
        if (isReading) return;
        isReading = true;
        void end.read(relay, 65_536).then((chunk) => {
          isReading = false;
          if (stream.destroyed || this.#end?.kind === 'lost') return;
          const carried = chunk.subarray(0, this.#carrier.take(chunk.length));
          if (chunk.length === 0) stream.push(null);
          else if (carried.length > 0) stream.push(carried);
          this.#carrier.settle();
        });
      },
      destroy: (error, done) => {
        end.close();
        done(error);
      },
    });
    return stream;
  }
}

/** An output of which only so many bytes come through. */
function loseAfter(output: Output, bytes: number): Output {
  let left = bytes;
  return {
    write: async (process, data) => {
      const kept = data.subarray(0, left);
      left -= kept.length;
      if (kept.length > 0) await output.write(process, kept);
    },
    close: () => {
      output.close();
    },
  };
}

/** Fulfils when a stream has ended or was given up. */
function isOver(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', () => {
      resolve();
    });
  });
}

import { localName } from '../base/local-name.js';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { ZfsVmError } from '../base/errors.js';
import type { CommandTelling, Exit, Host, HostProcess, StartOptions } from './host.js';

/** Where zfs often is, and where the PATH of cron jobs and plain users often doesn't reach. */
const sbinFolders = '/usr/local/sbin:/usr/sbin:/sbin';

/** How long a command gets to end by itself after it was told to. */
const terminationGraceMs = 1000;

/** This machine. */
export class LocalHost implements Host {
  readonly name: string = localName;
  readonly joinsPipes: boolean = true;
  readonly #running = new Set<AbortController>();
  readonly #onCommand: CommandTelling['onCommand'];

  constructor({ onCommand }: Pick<CommandTelling, 'onCommand'> = {}) {
    this.#onCommand = onCommand;
  }

  start(argv: readonly string[], options: StartOptions = {}): Promise<HostProcess> {
    this.#onCommand?.(argv);
    return new Promise((resolve) => {
      resolve(this.#start(argv, options));
    });
  }

  close(): Promise<void> {
    for (const stopper of this.#running) stopper.abort();
    return Promise.resolve();
  }

  #start(argv: readonly string[], options: StartOptions): HostProcess {
    const [program = '', ...words] = argv;
    const child = spawnChild(program, words, options);
    const stopper = new AbortController();
    this.#running.add(stopper);

    let isStopped = false;
    const exit = new Promise<Exit>((resolve) => {
      // Emitted instead of 'close' when there is no such program.
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) resolve(exitOfUnstartable(error));
      });
      child.once('close', (code, signal) => {
        if (isStopped) resolve({ kind: 'stopped' });
        else if (code === null) resolve({ kind: 'signalled', signal: signal ?? 'unknown' });
        else resolve({ kind: 'exited', code });
      });
    });

    let killTimer: NodeJS.Timeout | undefined;
    const terminate = (): void => {
      isStopped = child.exitCode === null && child.signalCode === null;
      child.stdin?.destroy();
      killGroup(child.pid, 'SIGTERM');
      killTimer = setTimeout(() => {
        killGroup(child.pid, 'SIGKILL');
        // Somebody else may have got hold of its outputs, who doesn't end with it; but nobody wants them any more.
        child.stdout?.destroy();
        child.stderr.destroy();
      }, terminationGraceMs);
    };
    const stopSignal = AbortSignal.any([
      stopper.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ]);
    if (stopSignal.aborted) terminate();
    else stopSignal.addEventListener('abort', terminate, { once: true });
    void exit.then(() => {
      clearTimeout(killTimer);
      stopSignal.removeEventListener('abort', terminate);
      this.#running.delete(stopper);
    });

    if (child.pid === undefined) {
      // Pipes of a child that never was end without a word; its stderr says what a shell would say.
      const stderr = Readable.from([`${program}: not found\n`]);
      return { stdin: nowhere(), stdout: Readable.from([]), stderr, exit };
    }
    return {
      stdin: child.stdin ?? nowhere(),
      stdout: child.stdout ?? Readable.from([]),
      stderr: child.stderr,
      exit,
    };
  }
}

type Child = ChildProcessByStdio<Writable | null, Readable | null, Readable>;

/** @throws ZfsVmError when the words are more than the system takes; other reasons are told by the child's events */
function spawnChild(program: string, words: readonly string[], { input, output }: StartOptions): Child {
  try {
    return spawn(program, words, {
      // A group of its own: Ctrl-C on the terminal must not reach it before we do, and all of it can be ended at once.
      detached: true,
      // We read what commands say: they are to say it in English.
      env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:${sbinFolders}` },
      stdio: [input?.descriptor ?? 'pipe', output?.descriptor ?? 'pipe', 'pipe'],
    }) as Child;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'E2BIG') throw error;
    throw new ZfsVmError('failed', `the command line of ${program} is too long for this system`, {
      cause: error,
    });
  }
}

function exitOfUnstartable(error: NodeJS.ErrnoException): Exit {
  return error.code === 'ENOENT' ? { kind: 'exited', code: 127 } : { kind: 'lost', reason: error.message };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile, or belongs to root by now (sudo): closing its pipes ends it then.
  }
}

function nowhere(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}

import { Readable } from 'node:stream';
import type { Exit, Host, HostProcess } from '../../host/host.js';
import type { LagAccount } from './lag-account.js';

/** How many bytes may wait for one reader before the others have to wait with it. */
const roomBytes = 4 * 2 ** 20;

/**
 * One command on a host for several readers: it runs once, and each of them gets all of its output. Memory stays flat: when one
 * reader's room is full, no more is read until it has taken some, or has left. Their accounts tell for how long others waited for
 * whom.
 */
export class Tee {
  /** The readers' places, each as if it had the host for itself, to start this one command there. Closing it is leaving. */
  readonly hosts: readonly Host[];
  readonly #host: Host;
  readonly #taps: readonly Tap[];
  readonly #stop = new AbortController();
  #argv: readonly string[] = [];
  #command: Promise<HostProcess> | undefined;
  /** Lets the command be read on. */
  #wake: (() => void) | undefined;

  /** @param accounts one for each reader */
  constructor(host: Host, accounts: readonly LagAccount[]) {
    this.#host = host;
    const onChange = (): void => {
      this.#look();
    };
    this.#taps = accounts.map((account) => new Tap(account, onChange));
    this.hosts = this.#taps.map((tap) => ({
      name: host.name,
      joinsPipes: false,
      start: (argv, { signal } = {}) => this.#join(tap, argv, signal),
      close: () => {
        this.#leave(tap);
        return Promise.resolve();
      },
    }));
  }

  /** The first who comes starts the command; those who come later find what it has said waiting for them. */
  async #join(tap: Tap, argv: readonly string[], signal: AbortSignal | undefined): Promise<HostProcess> {
    this.#command ??= this.#start(argv);
    if (argv.join('\0') !== this.#argv.join('\0')) {
      throw new Error('readers of one command want different ones');
    }
    const command = await this.#command;
    const leave = (): void => {
      this.#leave(tap);
    };
    if (signal?.aborted === true) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    const exit = Promise.race([tap.left, Promise.all([command.exit, tap.ended]).then(([how]) => how)]);
    void exit.then(() => signal?.removeEventListener('abort', leave));
    return { stdin: command.stdin, stdout: tap.output, stderr: tap.errors, exit };
  }

  async #start(argv: readonly string[]): Promise<HostProcess> {
    this.#argv = argv;
    const command = await this.#host.start(argv, { signal: this.#stop.signal });
    void this.#pass(command.stdout);
    void this.#passErrors(command.stderr);
    return command;
  }

  /** Passes the output on. Where it breaks off is only a symptom: the exit tells the cause. */
  async #pass(source: Readable): Promise<void> {
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        for (const { output } of this.#taps) output.give(chunk);
        while (this.#taps.some(({ output }) => output.isFull)) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } catch {
      // What came before is passed on, and ends here.
    }
    for (const { output } of this.#taps) output.finish();
  }

  async #passErrors(source: Readable): Promise<void> {
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        for (const { errors } of this.#taps) errors.give(chunk);
      }
    } catch {
      // The same.
    }
    for (const { errors } of this.#taps) errors.finish();
  }

  #leave(tap: Tap): void {
    tap.leave();
    if (this.#taps.every(({ hasLeft }) => hasLeft)) this.#stop.abort();
  }

  /** Notes who is waited for, and reads on if nobody is. */
  #look(): void {
    for (const { output, account } of this.#taps) {
      account.setAwaited(this, output.isFull && this.#taps.some((other) => other.output.isDry));
    }
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** One reader's part of it. */
class Tap {
  readonly account: LagAccount;
  readonly output: TapOutput;
  readonly errors: TapOutput;
  /** Fulfils when both outputs have been read to their end. */
  readonly ended: Promise<unknown>;
  /** Fulfils when the reader leaves before that. */
  readonly left: Promise<Exit>;
  hasLeft = false;
  #onLeave: ((exit: Exit) => void) | undefined;

  constructor(account: LagAccount, onChange: () => void) {
    this.account = account;
    this.output = new TapOutput(onChange);
    this.errors = new TapOutput(onChange);
    this.ended = Promise.all([isClosed(this.output), isClosed(this.errors)]);
    this.left = new Promise((resolve) => {
      this.#onLeave = resolve;
    });
  }

  leave(): void {
    this.hasLeft = true;
    this.#onLeave?.({ kind: 'stopped' });
    this.output.destroy();
    this.errors.destroy();
  }
}

/** What one reader gets, and hasn't taken yet. */
class TapOutput extends Readable {
  readonly #onChange: () => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWanted = false;
  #isWhole = false;

  constructor(onChange: () => void) {
    super({ highWaterMark: 2 ** 16 });
    this.#onChange = onChange;
  }

  /** Whether no more is to be read for it. */
  get isFull(): boolean {
    return this.#waitingBytes >= roomBytes;
  }

  /** Whether its reader waits for more. */
  get isDry(): boolean {
    return this.#isWanted && !this.#isWhole && !this.destroyed;
  }

  give(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#serve();
  }

  /** Nothing more will come. */
  finish(): void {
    this.#isWhole = true;
    this.#serve();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#serve();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    done(error);
    this.#onChange();
  }

  #serve(): void {
    while (this.#isWanted && !this.destroyed) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#waitingBytes -= chunk.length;
      this.#isWanted = this.push(chunk);
    }
    if (this.#isWanted && this.#isWhole && !this.destroyed) {
      this.#isWanted = false;
      this.push(null);
    }
    this.#onChange();
  }
}

function isClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', () => {
      resolve();
    });
  });
}

import type { ClientChannel } from 'ssh2';
import { ZfsVmError } from '../../base/errors.js';
import type { CommandTelling, Host, HostProcess, Link, StartOptions } from '../host.js';
import type { Connection, Login } from './connection.js';
import { formatFingerprint } from './known-hosts.js';
import { describeThrown } from '../../base/printable.js';
import { toRemoteCommand } from '../ssh/remote-command.js';
import { SshProcess } from './ssh-process.js';

/** A host at the other end of one SSH connection. Every command is a channel of it. */
export class SshHost implements Host {
  readonly name: string;
  readonly joinsPipes = false;
  readonly #connection: Connection;
  readonly #options: CommandTelling;
  readonly #running = new Set<SshProcess>();
  /** Those that end only with the connection. */
  readonly #lasting = new WeakSet<HostProcess>();
  /** Those who wait for a channel to become free. */
  readonly #waiting = new Set<() => void>();
  /** How many channels are open or about to be. */
  #active = 0;
  /** How many were, and are no more. */
  #ended = 0;

  constructor(name: string, connection: Connection, options: CommandTelling) {
    this.name = name;
    this.#connection = connection;
    this.#options = options;
    connection.onLost(() => {
      this.#wakeAll();
    });
  }

  /** How it was opened. */
  get login(): Login {
    return this.#connection.login;
  }

  get link(): Link {
    return { transport: 'ssh2', hostKeyFingerprint: formatFingerprint(this.login.hostKey) };
  }

  /**
   * Starts a command. sshd allows a limited number of channels on a connection (MaxSessions, 10 unless configured): beyond
   * it, a start waits until another command of this host has ended.
   */
  async start(
    argv: readonly string[],
    { signal, waiting, isLasting }: StartOptions = {},
  ): Promise<HostProcess> {
    const command = toRemoteCommand(argv);
    this.#options.onCommand?.(argv);
    let hasWaited = false;
    let triesAlone = 0;
    for (;;) {
      throwIfStopped(signal);
      this.#throwIfLost();
      const endedBefore = this.#ended;
      this.#active++;
      try {
        const process = await this.#run(command, signal);
        if (isLasting === true) this.#lasting.add(process);
        return process;
      } catch (error) {
        this.#release();
        if (!(error instanceof NoChannelFree)) throw error;
      }
      const isAlone =
        this.#active === 1 &&
        [...this.#running].some((process) => process === waiting || this.#lasting.has(process));
      triesAlone = isAlone ? triesAlone + 1 : 0;
      if (triesAlone > mostTriesAlone) {
        throw new ZfsVmError(
          'connection',
          `${this.name} allows only one command at a time, and two are needed`,
          {
            hint: 'set MaxSessions to 2 or more in sshd_config on that host',
          },
        );
      }
      if (this.#active > 0) {
        if (!hasWaited) this.#options.debug(`${this.name}: no free channel; waiting for one`);
        hasWaited = true;
        await this.#waitForChannel(signal);
      } else if (this.#ended === endedBefore + 1) {
        // Nothing but this attempt has ended meanwhile, so that waiting would change nothing.
        throw new ZfsVmError('connection', `${this.name} accepts the login but refuses to run commands`, {
          hint: 'check MaxSessions in sshd_config on that host, and that the account may run commands',
        });
      }
    }
  }

  /** Ends the commands that still run, and then the connection. */
  async close(): Promise<void> {
    const running = [...this.#running];
    for (const process of running) process.stop();

    await Promise.all(running.map((process) => process.exit));
    await this.#connection.close();
    this.#wakeAll();
  }

  /** Opens a channel and has it run a command. @throws NoChannelFree, or ZfsVmError `connection` */
  #run(command: string, signal: AbortSignal | undefined): Promise<SshProcess> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(
          new ZfsVmError(
            'connection',
            `${this.name}: cannot start commands: ${this.#connection.lossReason() ?? describeThrown(error)}`,
            { cause: error },
          ),
        );
      };
      try {
        this.#connection.client.exec(command, (error, channel) => {
          // At once: how a quick command ended may already be here, and is told in this very turn.
          if (error === undefined) resolve(this.#adopt(channel, signal));
          else if (isOpenFailure(error)) reject(new NoChannelFree());
          else fail(error);
        });
      } catch (error) {
        fail(error);
      }
    });
  }

  #adopt(channel: ClientChannel, signal: AbortSignal | undefined): SshProcess {
    const process = new SshProcess(
      channel,
      () =>
        this.#connection.lossReason() ??
        `${this.name} closed the channel of the command without an exit status`,
    );
    this.#running.add(process);
    const stop = (): void => {
      process.stop();
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();

    void process.exit.then(() => {
      signal?.removeEventListener('abort', stop);
      this.#running.delete(process);
      this.#release();
    });
    return process;
  }

  #release(): void {
    this.#active--;
    this.#ended++;
    this.#wakeAll();
  }

  /** Waits until a command has ended, or the host may have noticed by now: we may go on without its word. */
  #waitForChannel(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, retryMs);
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #throwIfLost(): void {
    const reason = this.#connection.lossReason();
    if (reason !== undefined) {
      throw new ZfsVmError('connection', `${this.name}: cannot start commands: ${reason}`, {
        hint: 'run the same command again',
        isLoss: true,
      });
    }
  }
}

/** How long a channel is waited for before it is asked for again, though no command of ours has ended. */
const retryMs = 500;

/** How often a channel is asked for in vain while the only other command waits for this one. */
const mostTriesAlone = 8;

/** The server opens no more channels on this connection for now. */
class NoChannelFree extends Error {}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new ZfsVmError('interrupted', 'stopped before the command was started', { cause: signal.reason });
  }
}

// ssh2 leaves the server's reason code on the error of a channel that it couldn't open; other errors have none, or text.
function isOpenFailure(error: Error): boolean {
  return 'reason' in error && typeof error.reason === 'number';
}

import { ZfsVmError } from '../../base/errors.js';
import type { CommandTelling, Exit, Host, HostProcess, Link, StartOptions } from '../host.js';
import { LocalHost } from '../local-host.js';
import { runCommand } from '../run-command.js';
import { toRemoteCommand } from '../ssh/remote-command.js';
import { escapePercent, type Master } from './master.js';

/** How many commands run at a time; sshd allows as many sessions on a connection unless configured otherwise (MaxSessions). */
const maxSessions = 10;

/** The exit status of ssh when it isn't that of the command. */
const sshFailed = 255;

/**
 * A host behind a connection that the machine's own ssh holds. Every command is an ssh process that hands its descriptors over to
 * the master, so that the pipes of commands are real ones.
 */
export class OpenSshHost implements Host {
  readonly name: string;
  readonly joinsPipes = true;
  readonly #address: string;
  readonly #master: Master;
  readonly #options: CommandTelling;
  /** Where the ssh processes run. */
  readonly link: Link = { transport: 'openssh', hostKeyFingerprint: undefined };
  readonly #local = new LocalHost();
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;
  /** Gives up what commands still have to say. */
  readonly #letGo = new AbortController();

  /** `name` is the host as the person named it, `address` as ssh takes it. */
  constructor(name: string, address: string, master: Master, options: CommandTelling) {
    this.name = name;
    this.#address = address;
    this.#master = master;
    this.#options = options;
  }

  /** Whether the connection is gone, as far as is known. */
  get isLost(): boolean {
    return this.#isClosed || this.#master.lossReason() !== undefined;
  }

  /** Starts a command; when too many run already, not before one of them has ended. */
  async start(argv: readonly string[], options: StartOptions = {}): Promise<HostProcess> {
    const command = toRemoteCommand(argv);
    this.#options.onCommand?.(argv);
    while (this.#running.size >= maxSessions) await this.#waitForSession(options.signal);
    throwIfStopped(options.signal);
    this.#throwIfLost();
    const process = this.#startSsh(command, options);
    // Counted before anything else can look.
    const end = process.then(({ exit }) => exit).catch(() => undefined);
    this.#running.add(end);
    void end.then(() => this.#running.delete(end));
    return process;
  }

  /** Ends the commands that still run, and then the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#local.close();
    this.#letGo.abort();
    await Promise.all(this.#running);
    await this.#master.close();
  }

  async #startSsh(command: string, options: StartOptions): Promise<HostProcess> {
    const words = [...this.#sshWords, '--', this.#address, command];
    const { stdin, stdout, stderr, exit } = await this.#local.start(words, options);
    // The master holds the outputs as well, until the host agrees that the command has ended. Nobody waits for that once it is stopped.
    const stopSignal = AbortSignal.any([this.#letGo.signal, ...(options.signal ? [options.signal] : [])]);
    const letGo = (): void => {
      stdout.destroy();
      stderr.destroy();
    };
    stopSignal.addEventListener('abort', letGo, { once: true });
    void exit.then(() => {
      stopSignal.removeEventListener('abort', letGo);
    });
    return { stdin, stdout, stderr, exit: exit.then((exitOfSsh) => this.#explain(exitOfSsh)) };
  }

  /**
   * ssh as a client of the master. It reads no configuration, since the master has it all, and when the master is gone it must not
   * connect by itself: for that it would have to go through `false`.
   */
  get #sshWords(): string[] {
    return [
      ...['ssh', '-F', '/dev/null', '-S', escapePercent(this.#master.socketPath)],
      ...['-o', 'ControlMaster=no', '-o', 'ProxyCommand=false', '-o', 'BatchMode=yes'],
      ...['-T', '-x', '-a'],
    ];
  }

  /** ssh ends with 255 also when the command does: then the master is still there. */
  async #explain(exit: Exit): Promise<Exit> {
    if (exit.kind !== 'exited' || exit.code !== sshFailed) return exit;
    if (this.#master.lossReason() === undefined && (await this.#isMasterThere())) return exit;
    return { kind: 'lost', reason: await this.#master.awaitLossReason() };
  }

  async #isMasterThere(): Promise<boolean> {
    const check = [...this.#sshWords, '-O', 'check', '--', this.#address];
    const { exit } = await runCommand(new LocalHost(), check);
    return exit.kind === 'exited' && exit.code === 0;
  }

  async #waitForSession(signal: AbortSignal | undefined): Promise<void> {
    throwIfStopped(signal);
    this.#options.debug(`${this.name}: ${maxSessions} commands running; waiting for one to end`);
    let wake: () => void = () => undefined;
    const isStopped = new Promise<void>((resolve) => {
      wake = resolve;
      signal?.addEventListener('abort', wake, { once: true });
    });
    await Promise.race([isStopped, ...this.#running]);
    signal?.removeEventListener('abort', wake);
  }

  #throwIfLost(): void {
    const reason = this.#isClosed ? 'the connection was closed' : this.#master.lossReason();
    if (reason === undefined) return;
    throw new ZfsVmError('connection', `${this.name}: cannot start commands: ${reason}`, {
      hint: 'run the same command again',
      isLoss: true,
    });
  }
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ZfsVmError('interrupted', 'stopped before the command was started', { cause: signal.reason });
}

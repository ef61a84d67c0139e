import { ZfsVmError } from '../base/errors.js';
import { toPrintable } from '../base/printable.js';
import type { Exit, Host, HostProcess, StartOptions } from './host.js';
import { printBeginMark } from '../base/mark-lines.js';
import { announceRequest, arrivedMark, isGateCommand } from '../requests/protocol.js';
import { BehindMark } from './marks.js';
import { isOver, passOn, startPiped, type PipedCommands } from './piped-commands.js';
import { parseAddress } from '../base/address.js';
import { toRemoteCommand } from './ssh/remote-command.js';

/** The exit status of ssh when it isn't that of the command. */
const sshFailed = 255;

/**
 * What ssh is told beside the address. Nobody is there to be asked. The connection belongs to its command alone: one that outlived it
 * would hold our channel open. When the network goes away, it ends after 45 seconds.
 */
const sshOptions = [
  ...['-T', '-x', '-a', '-S', 'none'],
  ...[
    ...['BatchMode=yes', 'ClearAllForwardings=yes', 'RemoteCommand=none', 'ConnectTimeout=30'],
    ...['ServerAliveInterval=15', 'ServerAliveCountMax=3'],
  ].flatMap((option) => ['-o', option]),
];

/**
 * A host that another one reaches by its own ssh, whether or not we could reach it: each command is an ssh there, which goes by that
 * host's configuration, keys and known hosts. Each costs a login.
 */
export class ViaHost implements Host {
  readonly name: string;
  readonly joinsPipes = false;
  readonly via: Host;
  /** The address as a word for people. */
  readonly #target: string;
  readonly #address: readonly string[];

  /**
   * `address` is what the other one knows the host by, `name` what people call it.
   * @throws ZfsVmError `usage` when that is no address
   */
  constructor(address: string, via: Host, name = address) {
    const { host, user, port } = parseAddress(address);
    this.name = name;
    this.#target = address;
    this.via = via;
    this.#address = [
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...['--', host],
    ];
  }

  /**
   * Starts a command, when ssh has got in.
   * @throws ZfsVmError `connection` with ssh's words when it doesn't
   */
  async start(argv: readonly string[], { signal }: StartOptions = {}): Promise<HostProcess> {
    const stop = new AbortController();
    const ssh = await this.via.start(this.#toSsh(argv), { signal: anyOf(stop.signal, signal) });
    const stderr = new BehindMark(arrivedMark);
    passOn(ssh.stderr, stderr);
    const entered = { ...ssh, stderr, exit: this.#explain(ssh.exit, stderr) };
    if (await stderr.hasCome) return entered;
    stopUnlessEnded(stop, stderr);
    throw await this.#describeFailure(entered, ssh.exit, stderr, signal);
  }

  /**
   * Starts a command on the host in between that writes into a command of this one, by a pipe there.
   * @throws ZfsVmError `connection` with ssh's words when it doesn't get in
   */
  async startPiped(
    writer: readonly string[],
    reader: readonly string[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<PipedCommands> {
    const stop = new AbortController();
    const options = { signal: anyOf(stop.signal, signal) };
    const piped = await startPiped(this.via, writer, this.#toSsh(reader), options);
    const stdout = new BehindMark(arrivedMark);
    passOn(piped.reader.stdout, stdout);
    const entered = { ...piped.reader, stdout, exit: this.#explain(piped.reader.exit, stdout) };
    if (await stdout.hasCome) return { writer: piped.writer, reader: entered };
    stopUnlessEnded(stop, stdout);
    piped.writer.stderr.resume();
    throw await this.#describeFailure(entered, piped.reader.exit, stdout, signal);
  }

  /** Nothing is left to be closed: its commands end with those of the host in between. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The command of the host in between that runs a command on this one. */
  #toSsh(argv: readonly string[]): string[] {
    // It says to stderr when ssh has got us in; all before that is ssh's and the login shell's.
    const announced = isGateCommand(argv)
      ? announceRequest(argv)
      : ['sh', '-c', `${printBeginMark(arrivedMark)} >&2; exec "$@"`, 'sh', ...argv];
    return ['ssh', ...sshOptions, ...this.#address, toRemoteCommand(announced)];
  }

  /** How a command ended whose ssh ended so. @param output where ssh has its words */
  async #explain(exitOfSsh: Promise<Exit>, output: BehindMark): Promise<Exit> {
    const [exit] = await Promise.all([exitOfSsh, isOver(output)]);
    if (exit.kind !== 'exited' || exit.code !== sshFailed) return exit;
    const last = output.lastLines.at(-1) ?? 'ssh exited without a message';
    const reason = `connection from ${this.via.name} to ${this.name} lost: ${toPrintable(last)}`;
    return { kind: 'lost', reason };
  }

  /** Why ssh didn't get in. */
  async #describeFailure(
    { stdin, stdout, stderr }: HostProcess,
    exitOfSsh: Promise<Exit>,
    output: BehindMark,
    signal: AbortSignal | undefined,
  ): Promise<ZfsVmError> {
    stdin.destroy();
    stdout.resume();
    stderr.resume();
    const exit = await exitOfSsh;
    const { name, via } = this;
    if (signal?.aborted === true) {
      return new ZfsVmError('interrupted', `stopped while ${via.name} was connecting to ${name}`);
    }
    const lines = output.lastLines.map(toPrintable);
    const last = exit.kind === 'lost' ? exit.reason : (lines.pop() ?? 'ssh gave no reason');
    return new ZfsVmError('connection', `${via.name} cannot connect to ${name}: ${last}`, {
      details: lines.map((line) => `ssh: ${line}`),
      hint: `on ${this.via.name}, check that "ssh ${this.#target}" logs in without asking anything, or omit --direct`,
    });
  }
}

function anyOf(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return AbortSignal.any([one, ...(other === undefined ? [] : [other])]);
}

/** Ends what prints without end before it begins; what has ended tells how. */
function stopUnlessEnded(stop: AbortController, output: BehindMark): void {
  if (!output.writableEnded) stop.abort();
}

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { measureConsole, waitForConsole } from './console.js';
import { ControlConnection } from './control-connection.js';
import { linkDevice, outsideDevice, type GuestPlan } from './guest-plan.js';
import type { HostRecord } from './lab-folder.js';
import { poolName, scriptFreshPool, scriptGrowPool } from './pool-scripts.js';
import { findConsoleLog, findLinkCard, findQmpSocket, readyMark } from './qemu.js';
import { commandQemu } from './qmp.js';
import { quoteArgv } from './quote.js';
import { runProgram, type ProgramOptions, type ProgramResult } from './run-program.js';
import type { ControlKeys } from './seed.js';
import { labUsers, type LabUser } from './users.js';

/** How to run a command on a lab host; root runs it unless another user is named. */
export interface RunOptions extends Omit<ProgramOptions, 'showStderr'> {
  readonly user?: LabUser;
}

/** The state of a host's private links; what is left out is as on a perfect link. */
export interface LinkState {
  /** Each packet that this host sends waits this long. The other direction is the other host's. */
  readonly delayMs?: number;
  /** This share of the packets that this host sends is lost. */
  readonly lossPercent?: number;
  /** This host sends no faster than this. */
  readonly rateMbitPerSecond?: number;
  /** The cable is pulled: nothing comes or goes, and nobody is told. */
  readonly down?: boolean;
  /** The name of the one host whose link is meant; the links to all others when left out. */
  readonly to?: string;
}

const rebootTimeoutMs = 120_000;

/** A running host with real OpenZFS. */
export class LabHost {
  readonly name: string;
  readonly kind: string;
  /** The version of the loaded zfs module, such as `2.3.2`. */
  readonly zfsVersion: string;
  /** Its address on the private link; the other hosts know it under its plain name too. */
  readonly linkAddress: string;
  /** The port on this machine's 127.0.0.1 that leads to the host's sshd. */
  readonly sshPort: number;
  /** Its public host keys, one `TYPE KEY` each. */
  readonly hostKeys: readonly string[];
  readonly #guest: GuestPlan;
  readonly #connections: ReadonlyMap<LabUser, ControlConnection>;

  constructor(guest: GuestPlan, record: HostRecord, keys: ControlKeys) {
    this.name = record.name;
    this.kind = record.kind;
    this.zfsVersion = record.zfsVersion;
    this.linkAddress = guest.address;
    this.sshPort = record.sshPort;
    this.hostKeys = record.hostKeys;
    this.#guest = guest;
    const address = { ...keys, hostName: this.name, sshPort: this.sshPort, folder: guest.folder };
    // For all users at once: another process that holds this lab may have opened them, and a reset must close them.
    this.#connections = new Map(labUsers.map((user) => [user, new ControlConnection(address, user)]));
  }

  /**
   * Runs a command to its end: shell text as it is, or an argv that is quoted for the shell. All commands of a user share one
   * SSH connection.
   *
   * @throws ProgramError on a status other than 0 unless `check` is false, and after `timeoutMs` (a minute by default); what
   * the command started on the host may then go on there.
   */
  async run(
    command: string | readonly string[],
    { user = 'root', ...options }: RunOptions = {},
  ): Promise<ProgramResult> {
    const argv = await this.sshArgv(user);
    return runProgram([...argv, typeof command === 'string' ? command : quoteArgv(command)], options);
  }

  /** Starts a command and leaves it running. Killing the local process closes its streams, no more. */
  async start(
    command: string | readonly string[],
    { user = 'root' }: { user?: LabUser } = {},
  ): Promise<ChildProcessByStdio<Writable, Readable, Readable>> {
    const [program, ...args] = await this.sshArgv(user);
    return spawn(program, [...args, typeof command === 'string' ? command : quoteArgv(command)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** The ssh command line that leads to the user on this host, for a command or a terminal. */
  async sshArgv(user: LabUser = 'root'): Promise<readonly [string, ...string[]]> {
    const connection = this.#connections.get(user);
    if (connection === undefined) throw new Error(`there is no user ${user}`);
    return connection.open();
  }

  /** A new, empty pool `tank`, in less than two seconds; every other pool is destroyed, every zfs command killed. */
  async freshPool({ sizeMib = 4096 }: { sizeMib?: number } = {}): Promise<void> {
    await this.run('sh -s', { stdin: scriptFreshPool(sizeMib) });
  }

  /** Gives the pool that much more room, on the host's second disk. */
  async growPool({ byMib = 4096 }: { byMib?: number } = {}): Promise<void> {
    await this.run('sh -s', { stdin: scriptGrowPool(byMib) });
  }

  /** A new filesystem below the pool for one test; returns its name. Cheaper than a new pool. */
  async makeDataset(prefix = 'test'): Promise<string> {
    const dataset = `${poolName}/${prefix}-${randomBytes(4).toString('hex')}`;
    await this.run(['zfs', 'create', dataset]);
    return dataset;
  }

  /** Sets the private links as described, and in all that is not described as good as new. */
  async setLink({
    delayMs = 0,
    lossPercent = 0,
    rateMbitPerSecond = 0,
    down = false,
    to,
  }: LinkState): Promise<void> {
    const peers = this.#guest.peers.filter((peer) => to === undefined || peer.name === to);
    if (peers.length === 0) throw new Error(`${this.name} has no link to ${to ?? 'another host'}`);
    const netem = [
      ...(delayMs > 0 ? ['delay', `${delayMs}ms`] : []),
      ...(lossPercent > 0 ? ['loss', `${lossPercent}%`] : []),
      ...(rateMbitPerSecond > 0 ? ['rate', `${rateMbitPerSecond}mbit`] : []),
    ];
    for (const peer of peers) {
      await this.#commandQemu('set_link', { name: findLinkCard(peer), up: !down });
    }
    const commands = peers.map((peer) => scriptNetem(linkDevice(peer), netem));
    await this.run(['set -e', ...commands].join('\n'));
  }

  /** Makes each packet wait this long that the host sends to this machine; 0 for none. */
  async delayOutside(delayMs: number): Promise<void> {
    await this.run(scriptNetem(outsideDevice, delayMs > 0 ? ['delay', `${delayMs}ms`] : []));
  }

  /** A reset without warning, as by the button; waits until the host is up, with its pool imported. */
  async reset(): Promise<void> {
    await this.#boot(async () => {
      await this.#commandQemu('system_reset');
    });
  }

  /** The power is cut: the host answers nothing, and what it had in memory is lost. `powerOn` starts it. */
  async powerOff(): Promise<void> {
    await this.#commandQemu('stop');
    await this.#closeConnections();
  }

  /** Starts a host whose power was cut; waits until it is up, with its pool imported. */
  async powerOn(): Promise<void> {
    // Stopping the processor and resetting the machine later looks from outside as power off and on, and keeps the
    // very process that dies with its lab.
    await this.#boot(async () => {
      await this.#commandQemu('system_reset');
      await this.#commandQemu('cont');
    });
  }

  /** The host stands still with all it has in memory, until `thaw`. */
  async freeze(): Promise<void> {
    await this.#commandQemu('stop');
  }

  /** The host goes on after `freeze`. */
  async thaw(): Promise<void> {
    await this.#commandQemu('cont');
  }

  /** Sets the host's clock, until its next reset. */
  async setClock(time: Date): Promise<void> {
    await this.run(['date', '--set', time.toISOString()]);
  }

  async #boot(trigger: () => Promise<void>): Promise<void> {
    await this.#closeConnections();
    const log = findConsoleLog(this.#guest);
    const fromBytes = await measureConsole(log);
    const signal = AbortSignal.timeout(rebootTimeoutMs);
    await trigger();
    await waitForConsole(log, readyMark, { fromBytes, signal });
  }

  async #closeConnections(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  async #commandQemu(execute: string, args?: Readonly<Record<string, unknown>>): Promise<void> {
    await commandQemu(findQmpSocket(this.#guest), execute, args);
  }
}

/** Shell words that make a device behave so; as good as new without a rule. */
function scriptNetem(device: string, rule: readonly string[]): string {
  return rule.length === 0
    ? // There is nothing to delete on a link that never had a rule.
      `tc qdisc del dev ${device} root 2>/dev/null || true`
    : `tc qdisc replace dev ${device} root netem limit 20000 ${rule.join(' ')}`;
}

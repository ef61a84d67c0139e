import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ZfsVmError } from '../../base/errors.js';
import type { CommandTelling } from '../host.js';
import { formatSshCommand, parseAddress, type Address } from '../../base/address.js';
import { BeyondSsh2 } from '../ssh/beyond-ssh2.js';
import { readClientConfig, type ClientConfig } from '../ssh/client-config.js';
import { logIn, type Connection } from './connection.js';
import { readKnownHosts } from './known-hosts-files.js';
import type { KnownHostsEntry } from './known-hosts.js';
import { describeThrown } from '../../base/printable.js';
import type { Prompter } from '../ssh/prompt.js';
import { SshHost } from './ssh-host.js';
import { openProxyCommand, openTcp, type Carrier } from './transport.js';
import { defaultConnectTimeoutMs } from '../ssh/timeout.js';

/** What connecting needs from the rest of the program. */
export interface SshOptions extends CommandTelling {
  /** What people call the host; the target when left out. */
  readonly name?: string | undefined;
  /** Who answers questions about host keys, passphrases and passwords. */
  readonly prompter: Pick<Prompter, 'ask'>;
  /** Takes lines that the person should see, whatever the verbosity; printable text. */
  readonly warn: (line: string) => void;
  /** Aborting it cancels connecting. Later it does nothing. */
  readonly signal?: AbortSignal | undefined;
  /** The home folder instead of the account's own: its `.ssh/config` must be there, and no other is read. For tests. */
  readonly homeDir?: string | undefined;
  /** The environment instead of the process's own. `ZFS_VM_SSH_CONFIG` names an OpenSSH configuration file to use. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Whether OpenSSH takes over where an error is a `BeyondSsh2`. */
  readonly mayLeaveToOpenssh?: boolean;
  /** The configuration for the target, where it has been read already. */
  readonly config?: ClientConfig | undefined;
  /** Those of its jump hosts, by their names in ProxyJump; left out, each is asked for. */
  readonly hopConfigs?: ReadonlyMap<string, ClientConfig>;
}

/** More jump hosts behind each other than anyone has; a configuration whose hosts jump over each other has no end. */
const maxHops = 8;

/**
 * Connects to a host over SSH, as `ssh` would by the person's OpenSSH configuration, and gives it as a place where
 * commands run: one connection, whatever runs there. `target` is what `parseAddress` reads. The host's key is always checked.
 * @throws ZfsVmError `usage` for a target that isn't one, `connection` when the host can't be reached or doesn't let us
 *   in, `interrupted` when the signal is aborted.
 */
export async function connectSsh(target: string, options: SshOptions): Promise<SshHost> {
  const connection = await openRoute(
    { address: parseAddress(target), jumps: undefined, depth: 0, config: options.config },
    options,
  );
  return new SshHost(options.name ?? target, connection, options);
}

/** A host on the way to the target, or the target itself. */
interface Hop {
  readonly address: Address;
  /** The jump hosts before it, in order; undefined for those of its own configuration. */
  readonly jumps: readonly string[] | undefined;
  /** How many hops from the target it is. */
  readonly depth: number;
  /** What the OpenSSH configuration says of it; undefined where that is still to be read. */
  readonly config: ClientConfig | undefined;
}

/** Connects to a host by way of its jump hosts. */
async function openRoute(
  { address, jumps, depth, config: known }: Hop,
  options: SshOptions,
): Promise<Connection> {
  if (depth > maxHops) {
    throw new ZfsVmError('connection', `too many jump hosts on the way to ${address.host}`, {
      hint: 'check ProxyJump in ~/.ssh/config for jump hosts that refer to each other',
    });
  }
  const { prompter, warn, debug, signal, homeDir, env = process.env } = options;
  const label = describeAddress(address);
  throwIfStopped(signal, label);
  const config = known ?? (await readClientConfig(address, { env, homeDir, signal }));
  throwIfStopped(signal, label);
  for (const reason of config.unsupported) {
    debug(`${label}: the OpenSSH configuration requires what only --transport openssh supports: ${reason}`);
  }

  refuseWithoutSafeguards(config, label);
  refuseWithoutAlgorithms(config, label);
  const knownHosts = await loadKnownHosts(config, label);
  const carrier = await openCarrier({ label, config, jumps: jumps ?? config.proxyJump, depth }, options);
  return logIn(carrier, config, {
    label,
    sshCommand: formatSshCommand(address, env['ZFS_VM_SSH_CONFIG']),
    ask: (question, secret, questionSignal) => prompter.ask(question, { secret, signal: questionSignal }),
    warn,
    debug,
    knownHosts,
    mayLeaveToOpenssh: options.mayLeaveToOpenssh ?? false,
    signal,
    timeoutMs: config.connectTimeoutMs ?? defaultConnectTimeoutMs,
  });
}

function describeAddress({ host, port }: Address): string {
  if (port === undefined) return host;

  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function throwIfStopped(signal: AbortSignal | undefined, label: string): void {
  if (signal?.aborted === true) {
    throw new ZfsVmError('interrupted', `stopped while connecting to ${label}`, { cause: signal.reason });
  }
}

function refuseWithoutSafeguards({ safeguards }: ClientConfig, label: string): void {
  const [reason] = safeguards;
  if (reason === undefined) return;
  throw new BeyondSsh2(
    `ssh2 cannot check the host key of ${label} as the OpenSSH configuration requires: ${reason}`,
    { reason },
  );
}

function refuseWithoutAlgorithms(config: ClientConfig, label: string): void {
  for (const [kind, names] of Object.entries(config.algorithms)) {
    if ((names as readonly string[]).length === 0) {
      throw new BeyondSsh2(`the OpenSSH configuration for ${label} allows no ${kind} that ssh2 supports`, {
        reason: `the allowed ${kind} algorithms`,
      });
    }
  }
}

async function loadKnownHosts(config: ClientConfig, label: string): Promise<KnownHostsEntry[]> {
  try {
    return await readKnownHosts([...config.userKnownHostsFiles, ...config.globalKnownHostsFiles]);
  } catch (error) {
    throw new ZfsVmError('connection', `cannot check the host key of ${label}: ${describeThrown(error)}`, {
      hint: 'make the known_hosts file readable',
      cause: error,
    });
  }
}

/** A hop of which all is known. */
interface KnownHop extends Pick<Hop, 'depth'> {
  /** How people know it. */
  readonly label: string;
  readonly config: ClientConfig;
  readonly jumps: readonly string[];
}

/** Opens what the connection to a host goes over: a tunnel of the last jump host, a program, or TCP. */
async function openCarrier({ label, config, jumps, depth }: KnownHop, options: SshOptions): Promise<Carrier> {
  const lastJump = jumps.at(-1);
  if (lastJump !== undefined) {
    options.debug(`${label}: connecting through ${lastJump}`);
    const before = jumps.slice(0, -1);
    const jumpHost = await openRoute(
      {
        address: parseJump(lastJump),
        jumps: before.length > 0 ? before : undefined,
        depth: depth + 1,
        config: options.hopConfigs?.get(lastJump),
      },
      options,
    );
    return openTunnel(jumpHost, config, label, options.signal);
  }
  if (config.proxyCommand !== undefined) {
    options.debug(`${label}: connecting with the ProxyCommand of the OpenSSH configuration`);
    const env = options.env ?? process.env;
    return openProxyCommand(config.proxyCommand, env['SHELL'] ?? '/bin/sh', env, options.warn);
  }
  options.debug(`${label}: connecting to ${config.hostName} port ${config.port}`);
  const socket: Socket = await openTcp({
    hostName: config.hostName,
    port: config.port,
    addressFamily: config.addressFamily,
    timeoutMs: config.connectTimeoutMs ?? defaultConnectTimeoutMs,
    label,
    signal: options.signal,
  });
  return {
    stream: socket,
    close: () => {
      socket.destroy();
      return Promise.resolve();
    },
  };
}

/** The address of a jump host. ProxyJump takes `host:port` without a scheme, too; `ssh -G` prints it that way. */
export function parseJump(jump: string): Address {
  return parseAddress(jump.includes('://') ? jump : `ssh://${jump}`);
}

async function openTunnel(
  jumpHost: Connection,
  config: ClientConfig,
  label: string,
  signal: AbortSignal | undefined,
): Promise<Carrier> {
  const timeoutMs = config.connectTimeoutMs ?? defaultConnectTimeoutMs;
  const impatience = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  try {
    const stream = await new Promise<Duplex>((resolve, reject) => {
      impatience.addEventListener('abort', () => {
        reject(new Error(`no answer within ${timeoutMs / 1000} s`));
      });
      jumpHost.client.forwardOut('127.0.0.1', 0, config.hostName, config.port, (error, channel) => {
        if (error === undefined) resolve(channel);
        else reject(error);
      });
    });
    return { stream, close: () => jumpHost.close() };
  } catch (error) {
    await jumpHost.close();
    throwIfStopped(signal, label);
    throw new ZfsVmError('connection', `the jump host cannot connect to ${label}: ${describeThrown(error)}`, {
      hint: 'check that the jump host resolves this name and allows TCP forwarding',
      cause: error,
    });
  }
}

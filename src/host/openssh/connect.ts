import { closeSync, constants, openSync } from 'node:fs';
import type { CommandTelling, Host } from '../host.js';
import { formatSshCommand, parseAddress, type Address } from '../../base/address.js';
import { readClientConfig, type ClientConfig } from '../ssh/client-config.js';
import type { Prompter } from '../ssh/prompt.js';
import { defaultConnectTimeoutMs } from '../ssh/timeout.js';
import { Master } from './master.js';
import { OpenSshHost } from './openssh-host.js';
import { hasAesInstructions, preferAes } from './prefer-aes.js';

/** What connecting needs from the rest of the program. */
export interface OpenSshOptions extends CommandTelling {
  /** What people call the host; the target when left out. */
  readonly name?: string | undefined;
  /** Who else asks on the terminal. */
  readonly prompter: Pick<Prompter, 'lend'>;
  /** Takes lines that the person should see, whatever the verbosity; printable text. */
  readonly warn: (line: string) => void;
  /** Aborting it cancels connecting. Later it does nothing. */
  readonly signal?: AbortSignal | undefined;
  /** The environment instead of the process's own. `ZFS_VM_SSH_CONFIG` names an OpenSSH configuration file to use. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The configuration for the target, where it has been read already. */
  readonly config?: ClientConfig | undefined;
}

/** What another connection to a host that we are connected to needs. */
export interface BesideOptions extends Omit<OpenSshOptions, 'prompter' | 'warn'> {
  /** The key that the host has shown, as a line of known_hosts has it: it must be the same machine. */
  readonly hostKey: string;
}

/**
 * Connects to a host with the machine's own ssh, and gives it as a place where commands run: one connection, whatever runs there.
 * `target` is what `parseAddress` reads. What there is to ask, ssh itself asks on the terminal.
 * @throws ZfsVmError `usage` for a target that isn't one, `connection` with ssh's words when it doesn't get in, `interrupted` when
 *   the signal is aborted.
 */
export async function connectOpenSsh(target: string, options: OpenSshOptions): Promise<Host> {
  const { name = target, prompter, warn, debug, env = process.env } = options;
  const address = parseAddress(target);
  const mayAsk = canAsk(env);
  const start = (): Promise<Master> =>
    startMaster(address, options, mayAsk, (line) => {
      if (line.startsWith('Warning: ')) warn(line);
      else debug(`${address.host}: ssh: ${line}`);
    });
  const master = await (mayAsk ? prompter.lend(start) : start());
  return new OpenSshHost(name, address.host, master, options);
}

/**
 * Connects once more to a host that we are connected to, where the machine's own ssh gets in by itself.
 * @throws ZfsVmError as `connectOpenSsh` does; also where the host shows another key, or somebody would have to be asked
 */
export async function connectBeside(target: string, options: BesideOptions): Promise<OpenSshHost> {
  const { name = target, debug } = options;
  const address = parseAddress(target);
  const master = await startMaster(address, options, false, (line) => {
    debug(`${address.host}: ssh: ${line}`);
  });
  return new OpenSshHost(name, address.host, master, options);
}

async function startMaster(
  address: Address,
  options: Omit<OpenSshOptions, 'prompter' | 'warn'> & Partial<Pick<BesideOptions, 'hostKey'>>,
  mayAsk: boolean,
  onLine: (line: string) => void,
): Promise<Master> {
  const { debug, signal, env = process.env, hostKey } = options;
  const config = options.config ?? (await readClientConfig(address, { env, signal }));
  const label = address.host;
  debug(`${label}: connecting with ssh`);
  const configFile = env['ZFS_VM_SSH_CONFIG'];
  return Master.start({
    words: [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(address.port === undefined ? [] : ['-p', String(address.port)]),
      ...(address.user === undefined ? [] : ['-l', address.user]),
      ...chooseOptions(config, mayAsk),
      ...['--', address.host],
    ],
    ...{ label, hostKey, env, signal, onLine, sshCommand: formatSshCommand(address, configFile) },
  });
}

/** What the master needs to be, and what we add where the configuration doesn't say it. */
function chooseOptions(config: ClientConfig, mayAsk: boolean): readonly string[] {
  const { connectTimeoutMs, serverAliveIntervalMs } = config;
  const ciphers = preferAes(config.ciphers, hasAesInstructions());
  const options = [
    // The person's own settings for sharing connections, and for sessions, are not for this one.
    ...['ControlPersist=no', 'ClearAllForwardings=yes', 'RemoteCommand=none'],
    ...(connectTimeoutMs === undefined ? [`ConnectTimeout=${defaultConnectTimeoutMs / 1000}`] : []),
    ...(serverAliveIntervalMs > 0 ? [] : ['ServerAliveInterval=15', 'ServerAliveCountMax=3']),
    ...(ciphers === undefined ? [] : [`Ciphers=${ciphers.join(',')}`]),
    ...(mayAsk ? [] : ['BatchMode=yes']),
  ];
  return ['-T', '-x', '-a', ...options.flatMap((option) => ['-o', option])];
}

/** Whether ssh finds somebody to ask: at a terminal, or by the program configured for that. */
function canAsk(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['SSH_ASKPASS'] !== undefined) return true;
  try {
    closeSync(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

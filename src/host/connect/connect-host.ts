import type { Host } from '../host.js';
import { connectBeside, connectOpenSsh } from '../openssh/connect.js';
import { formatPublicKey } from '../ssh2/known-hosts.js';
import { PairedHost } from './paired-host.js';
import { parseAddress } from '../../base/address.js';
import { BeyondSsh2 } from '../ssh/beyond-ssh2.js';
import { readClientConfig, type ClientConfig } from '../ssh/client-config.js';
import { connectSsh, parseJump, type SshOptions } from '../ssh2/connect.js';
import type { Prompter } from '../ssh/prompt.js';
import type { Transport } from '../../base/transports.js';

/** What connecting needs from the rest of the program. */
export interface ConnectOptions extends SshOptions {
  readonly prompter: Prompter;
  /** Left out, ssh2 is taken unless only OpenSSH can do it: what its configuration asks for, or the host. */
  readonly transport: Transport | undefined;
  /** Takes lines for a person who wants to know what is done; printable text. */
  readonly tell: (line: string) => void;
}

/** What connects where the person has chosen a client. */
const connectors: Readonly<Record<Transport, (target: string, options: ConnectOptions) => Promise<Host>>> = {
  ssh2: connectSsh,
  openssh: connectOpenSsh,
};

/**
 * Connects to a host by its address, and gives it as a place where commands run.
 * @throws ZfsVmError `usage` for a target that isn't one, `connection` when the host can't be reached or doesn't let us
 *   in, `interrupted` when the signal is aborted.
 */
export async function connectHost(target: string, options: ConnectOptions): Promise<Host> {
  const { transport, tell, signal, homeDir, env = process.env } = options;
  if (transport !== undefined) return connectors[transport](target, options);
  const config = await readClientConfig(parseAddress(target), { env, homeDir, signal });
  const hopConfigs = new Map(
    await Promise.all(
      config.proxyJump.map(
        async (jump) => [jump, await readClientConfig(parseJump(jump), { env, homeDir, signal })] as const,
      ),
    ),
  );
  const [reason] = [config, ...hopConfigs.values()].flatMap(({ indispensable }) => indispensable);
  if (reason !== undefined) {
    tell(`${target}: using the ssh command, because the OpenSSH configuration requires ${reason}`);
    return connectOpenSsh(target, { ...options, config });
  }
  try {
    return await connectPaired(target, { ...options, config, hopConfigs });
  } catch (error) {
    if (!(error instanceof BeyondSsh2)) throw error;
    if (!config.hasSshProgram) throw error.withoutProgram();
    tell(`${target}: ${error.message}`);
    tell(`${target}: using the ssh command for ${error.reason}`);
    return connectOpenSsh(target, { ...options, config });
  }
}

/** Connects with ssh2, and with the ssh of this machine beside it where that gets in without asking anybody. */
async function connectPaired(
  target: string,
  options: ConnectOptions & { readonly config: ClientConfig },
): Promise<Host> {
  const { config } = options;
  const host = await connectSsh(target, { ...options, mayLeaveToOpenssh: config.hasSshProgram });
  // ssh would read another configuration than the one that is tested with.
  if (options.homeDir !== undefined || host.login.tookPerson) return host;
  const hostKey = formatPublicKey(host.login.hostKey);
  return new PairedHost(
    host,
    (stop) => connectBeside(target, { ...options, name: host.name, config, hostKey, signal: stop }),
    options.debug,
  );
}

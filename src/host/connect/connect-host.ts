import type { Host } from '../host.js';
import { connectBeside, connectOpenSsh } from '../openssh/connect.js';
import { formatPublicKey } from '../ssh2/known-hosts.js';
import { PairedHost } from './paired-host.js';
import { parseAddress } from '../../base/address.js';
import { readClientConfig } from '../ssh/client-config.js';
import { connectSsh, parseJump, type SshOptions } from '../ssh2/connect.js';
import type { Prompter } from '../ssh/prompt.js';
import type { Transport } from '../../base/transports.js';

/** What connecting needs from the rest of the program. */
export interface ConnectOptions extends SshOptions {
  readonly prompter: Prompter;
  /** Left out, ssh2 is taken unless the person's OpenSSH configuration asks for what only OpenSSH can do. */
  readonly transport: Transport | undefined;
  /** Takes lines for a person who wants to know what is done; printable text. */
  readonly tell: (line: string) => void;
}

/**
 * Connects to a host as people name it, and gives it as a place where commands run.
 * @throws ZfsVmError `usage` for a target that isn't one, `connection` when the host can't be reached or doesn't let us
 *   in, `interrupted` when the signal is aborted.
 */
export async function connectHost(target: string, options: ConnectOptions): Promise<Host> {
  const { transport, tell, signal, homeDir, env = process.env } = options;
  if (transport === 'openssh') return connectOpenSsh(target, options);
  if (transport === 'ssh2') return connectSsh(target, options);
  const config = await readClientConfig(parseAddress(target), { env, homeDir, signal });
  const hopConfigs = new Map(
    await Promise.all(
      config.proxyJump.map(
        async (jump) => [jump, await readClientConfig(parseJump(jump), { env, homeDir, signal })] as const,
      ),
    ),
  );
  const [reason] = [config, ...hopConfigs.values()].flatMap(({ indispensable }) => indispensable);
  if (reason === undefined) {
    const host = await connectSsh(target, { ...options, config, hopConfigs });
    // ssh would read another configuration than the one that is tested with.
    if (homeDir !== undefined || host.login.tookPerson) return host;
    const hostKey = formatPublicKey(host.login.hostKey);
    return new PairedHost(
      host,
      (stop) => connectBeside(target, { ...options, name: host.name, config, hostKey, signal: stop }),
      options.debug,
    );
  }
  tell(`${target}: using the ssh of this machine, as its configuration asks for ${reason}`);
  return connectOpenSsh(target, { ...options, config });
}

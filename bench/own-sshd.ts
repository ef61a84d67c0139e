import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readChildrenTime } from './children-time.js';

const usualPaths = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'];

const patienceMs = 10_000;

/** How long a connection that was closed may take to be gone here, too. */
const farewellMs = 300;

/** The path of sshd on this machine; undefined where it isn't installed. */
export function findSshd(): string | undefined {
  return usualPaths.find((path) => existsSync(path));
}

/**
 * An sshd of our own on 127.0.0.1, for whoever we are, with keys of its own. Ciphers, buffers and all else that matters for speed are
 * as they come.
 */
export class OwnSshd {
  /** What to connect to, with `configPath`. */
  readonly target: string;
  /** A configuration for ssh, with which nothing of the person's own is used. */
  readonly configPath: string;
  readonly #server: ChildProcess;
  readonly #logPath: string;

  private constructor(server: ChildProcess, place: { target: string; configPath: string; logPath: string }) {
    this.#server = server;
    this.target = place.target;
    this.configPath = place.configPath;
    this.#logPath = place.logPath;
  }

  /**
   * Starts it, with its files in a folder that is there.
   * @param program the path of sshd
   * @param remotePath what PATH is for commands that it runs
   * @param moreOptions lines of its configuration beside ours
   * @param alias what ssh is to call it
   */
  static async start(
    program: string,
    folder: string,
    remotePath: string,
    moreOptions: readonly string[] = [],
    alias = 'loopback',
  ): Promise<OwnSshd> {
    const port = await findFreePort();
    const file = (name: string): string => join(folder, name);
    for (const name of ['host_key', 'user_key']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file(name)]);
    }
    const hostKey = readFileSync(file('host_key.pub'), 'utf8');
    writeFileSync(file('known_hosts'), `${alias} ${hostKey}`);
    const serverOptions = [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host_key')}`, 'PidFile none'],
      ...[`AuthorizedKeysFile ${file('user_key.pub')}`, 'UsePAM no', 'PermitRootLogin prohibit-password'],
      // The folders above a temporary one may be open to all.
      'StrictModes no',
      // What somebody's shell does at each login is not what is measured.
      `SetEnv PATH=${remotePath} HOME=${folder}`,
      // Tells the cipher of each connection.
      'LogLevel DEBUG1',
      ...moreOptions,
    ];
    writeFileSync(file('sshd_config'), `${serverOptions.join('\n')}\n`);
    const clientOptions = [
      ...[`Host ${alias}`, 'HostName 127.0.0.1', `Port ${port}`, `HostKeyAlias ${alias}`],
      ...[`IdentityFile ${file('user_key')}`, 'IdentitiesOnly yes', 'IdentityAgent none', 'BatchMode yes'],
      ...[`UserKnownHostsFile ${file('known_hosts')}`, 'GlobalKnownHostsFile none', 'ControlPath none'],
    ];
    writeFileSync(file('ssh_config'), `${clientOptions.join('\n')}\n`);
    // Debian's has it made by its service, which may never have been started here.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const logPath = file('sshd.log');
    const server = spawn(program, ['-D', '-f', file('sshd_config'), '-E', logPath], { stdio: 'ignore' });
    const target = `${userInfo().username}@${alias}`;
    const sshd = new OwnSshd(server, { target, configPath: file('ssh_config'), logPath });
    try {
      await sshd.#awaitPort(port);
    } catch (error) {
      await sshd.stop();
      throw error;
    }
    return sshd;
  }

  /** The cipher by which the newest connection carries what comes here. */
  readCipher(): string {
    const log = readFileSync(this.#logPath, 'utf8');
    return [...log.matchAll(/kex: client->server cipher: (\S+)/g)].at(-1)?.[1] ?? 'unknown';
  }

  /** The processor time in seconds that connections have used which are closed now, and all commands in them. */
  async readCpuSeconds(): Promise<number> {
    await wait(farewellMs);
    return readChildrenTime(this.#server.pid ?? NaN);
  }

  /** Ends it; a connection that is still there goes on to its own end. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#server, 'exit');
    this.#server.kill();
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#server.exitCode !== null || this.#server.signalCode !== null;
  }

  async #awaitPort(port: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await isListening(port))) {
      if (this.#hasEnded || performance.now() > deadline) {
        const said = existsSync(this.#logPath) ? readFileSync(this.#logPath, 'utf8').trim() : '';
        throw new Error(`sshd doesn't start: ${said.split('\n').at(-1) ?? ''}`);
      }
      await wait(20);
    }
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => {
        tell(true);
      })
      .once('error', () => {
        tell(false);
      });
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

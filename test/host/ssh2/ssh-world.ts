import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import ssh2, { type Algorithms, type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { ZfsVmError } from '../../../src/base/errors.js';
import { connectSsh, type SshOptions } from '../../../src/host/ssh2/connect.js';
import type { Exit, Host, HostProcess } from '../../../src/host/host.js';

/** A key pair as ssh2 makes it: the private half in OpenSSH's format, the public half as a line. */
export interface TestKey {
  readonly private: string;
  readonly public: string;
}

/** A fresh Ed25519 key pair. */
export function makeKey(): TestKey {
  return generateUsable(() => ssh2.utils.generateKeyPairSync('ed25519'));
}

/** A fresh Ed25519 key pair behind a passphrase. */
export function makeEncryptedKey(passphrase: string): TestKey {
  return generateUsable(
    () => ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 1 }),
    passphrase,
  );
}

// Three in a thousand of the keys that ssh2 1.17 makes are malformed, and it refuses them itself.
function generateUsable(generate: () => TestKey, passphrase?: string): TestKey {
  for (;;) {
    const key = generate();
    if (!(ssh2.utils.parseKey(key.private, passphrase) instanceof Error)) return key;
  }
}

/** What a server does with a command that is started on it. */
export type CommandHandler = (channel: ServerChannel, command: string) => void;

/** What a test wants of its server. */
export interface ServerOptions {
  readonly hostKeys?: readonly TestKey[];
  /** Decides on each attempt to log in; without it everybody gets in. */
  readonly onAuth?: (context: AuthContext) => void;
  readonly onCommand?: CommandHandler;
  /** Gets ssh2's account of every message, which tells of signals: once a command runs, no event does. */
  readonly onMessage?: (line: string) => void;
  /** What it offers, where it isn't what ssh2 does by itself. */
  readonly algorithms?: Algorithms;
  /** How many channels a connection may have at a time. */
  readonly maxSessions?: number;
  /** Answers requests to be connected elsewhere, as a jump host does. */
  readonly allowsForwarding?: boolean;
}

/** An SSH server within this process. */
export interface TestServer {
  readonly port: number;
  /** The connections that it has had, oldest first. */
  readonly connections: readonly Connection[];
  /** The public half of its first host key, as in known_hosts: type and base64. */
  readonly hostKey: string;
}

/** Starts a server on a free port of 127.0.0.1; it ends with the test. */
export async function startServer(t: TestContext, options: ServerOptions = {}): Promise<TestServer> {
  const hostKeys = options.hostKeys ?? [makeKey()];
  const connections: Connection[] = [];
  const server = new ssh2.Server(
    {
      hostKeys: hostKeys.map((key) => key.private),
      ...(options.algorithms && { algorithms: options.algorithms }),
      ...(options.onMessage && { debug: options.onMessage }),
    },
    (connection) => {
      connections.push(connection);
      serveConnection(connection, options);
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    connections.forEach((connection) => connection.end());
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    hostKey: publicHalf(hostKeys[0] ?? makeKey()),
  };
}

function serveConnection(connection: Connection, options: ServerOptions): void {
  // Or each small answer waits 40 ms for an acknowledgement. The types leave the method out.
  (connection as Connection & { setNoDelay(isOn: boolean): void }).setNoDelay(true);
  let sessions = 0;
  connection.on('error', () => undefined);
  connection.on('authentication', (context) => {
    if (options.onAuth === undefined) context.accept();
    else options.onAuth(context);
  });
  connection.on('session', (accept, reject) => {
    if (sessions >= (options.maxSessions ?? Infinity)) {
      reject();
      return;
    }
    sessions++;
    const session = accept();
    session.on('close', () => {
      sessions--;
    });
    session.on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.on('error', () => undefined);
      options.onCommand?.(channel, command);
    });
  });
  connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
    if (options.allowsForwarding !== true) {
      reject();
      return;
    }
    forward(accept(), destIP, destPort);
  });
}

function forward(channel: ServerChannel, host: string, port: number): void {
  import('node:net')
    .then(({ connect }) => {
      const socket = connect({ host, port });
      channel.on('error', () => undefined);
      socket.on('error', () => {
        channel.close();
      });
      channel.pipe(socket).pipe(channel);
    })
    .catch(() => {
      channel.close();
    });
}

/** Ends a command the way a shell would. */
export function exitWith(channel: ServerChannel, code: number): void {
  channel.exit(code);
  channel.end();
}

/** The public half of a key, as in known_hosts: type and base64. */
export function publicHalf(key: TestKey): string {
  return key.public.split(' ').slice(0, 2).join(' ');
}

/** A person's home folder with an OpenSSH configuration; it is gone after the test. */
export interface TestHome {
  readonly dir: string;
  readonly knownHosts: string;
  /** Adds a block to `.ssh/config`. */
  configure(block: string): void;
  /** Adds a line to known_hosts. */
  know(line: string): void;
  /** What known_hosts has. */
  readKnownHosts(): string;
  /** Stores a private key that only its owner can read; gives its path. */
  storeKey(name: string, key: TestKey): string;
}

/** Makes a home folder. Everything in it is configured, so that nothing outside is read or written. */
export function makeHome(t: TestContext): TestHome {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-vm-ssh-'));
  t.after(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const sshDir = join(dir, '.ssh');
  const knownHosts = join(sshDir, 'known_hosts');
  mkdirSync(sshDir, { mode: 0o700 });
  const configFile = join(sshDir, 'config');
  writeFileSync(
    configFile,
    `UserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile none\nIdentityAgent none\nUser tester\n`,
  );
  return {
    dir,
    knownHosts,
    configure: (block) => {
      writeFileSync(configFile, `${block}\n`, { flag: 'a' });
    },
    know: (line) => {
      writeFileSync(knownHosts, `${line}\n`, { flag: 'a', mode: 0o600 });
    },
    readKnownHosts: () => readFileSync(knownHosts, 'latin1'),
    storeKey: (name, key) => {
      const path = join(sshDir, name);
      writeFileSync(path, key.private, { mode: 0o600 });
      return path;
    },
  };
}

/** Everything that was said to the person, and asked. */
export interface Conversation {
  readonly questions: string[];
  readonly warnings: string[];
  readonly debugs: string[];
}

/** Connects as a person would who gives these answers, one after another; without any left, there is no terminal. */
export async function connectAs(
  home: TestHome,
  target: string,
  answers: readonly string[] = [],
  more: Partial<SshOptions> = {},
): Promise<{ readonly host: Host; readonly said: Conversation }> {
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  const host = await connectSsh(target, talk(home, said, answers, more));
  return { host, said };
}

/** The options for `connectSsh` of a person who gives these answers; what is said goes to `said`. */
export function talk(
  home: TestHome,
  said: Conversation,
  answers: readonly string[] = [],
  more: Partial<SshOptions> = {},
): SshOptions {
  const left = [...answers];
  return {
    prompter: {
      ask: (question) => {
        said.questions.push(question);
        return Promise.resolve(left.shift());
      },
    },
    warn: (line) => said.warnings.push(line),
    debug: (line) => said.debugs.push(line),
    homeDir: home.dir,
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh' },
    ...more,
  };
}

/** A home that knows a server's host key, connected to it. */
export async function connectKnown(t: TestContext, server: TestServer): Promise<Host> {
  const home = makeHome(t);
  home.know(`[127.0.0.1]:${server.port} ${server.hostKey}`);
  const { host } = await connectAs(home, `ssh://127.0.0.1:${server.port}`);
  t.after(() => host.close());
  return host;
}

/** Everything that a command put out, and how it ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: Exit;
}

/** Drains a command to its end. */
export async function drain(process: HostProcess): Promise<Outcome> {
  process.stdin.end();
  const [stdout, stderr, exit] = await Promise.all([
    text(process.stdout),
    text(process.stderr),
    process.exit,
  ]);
  return { stdout, stderr, exit };
}

/** What a person types to connect to a server. */
export function urlOf(server: TestServer): string {
  return `ssh://127.0.0.1:${server.port}`;
}

/** The name of a server in known_hosts. */
export function nameOf(server: TestServer): string {
  return `[127.0.0.1]:${server.port}`;
}

/** Connects, gives what was said, and hangs up. */
export async function visit(
  home: TestHome,
  server: TestServer,
  answers: readonly string[] = [],
): Promise<Conversation> {
  const { host, said } = await connectAs(home, urlOf(server), answers);
  await host.close();
  return said;
}

/** The error of a visit that must fail. */
export async function failToVisit(
  home: TestHome,
  target: string,
  answers: readonly string[] = [],
): Promise<ZfsVmError> {
  try {
    await connectAs(home, target, answers);
  } catch (error) {
    assert.ok(error instanceof ZfsVmError, String(error));
    return error;
  }
  return assert.fail('it connected');
}

/** A home that knows the server. */
export function makeHomeKnowing(t: TestContext, server: TestServer): TestHome {
  const home = makeHome(t);
  home.know(`${nameOf(server)} ${server.hostKey}`);
  return home;
}

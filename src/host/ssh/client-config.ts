import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { ZfsVmError } from '../../base/errors.js';
import type { Address } from '../../base/address.js';
import { describeThrown, toPrintable } from '../../base/printable.js';
import { chooseAlgorithms, type AlgorithmChoice } from './algorithms.js';
import { chooseAuthentications } from './authentications.js';
import { listDispensable, listIndispensable, listSafeguards } from './only-openssh.js';
import { isNo, isYes, notNone } from './option-values.js';
import { readPathList } from './path-list.js';

/** What to do about a host key that known_hosts doesn't have. A key that has changed is refused with any of them. */
export type StrictHostKeyChecking = 'yes' | 'ask' | 'accept-new' | 'no';

/** The effective OpenSSH configuration for one host, as far as it matters to us: see ssh_config(5). */
export interface ClientConfig {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly addressFamily: 4 | 6 | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** The socket of the agent to ask for keys, if there is one. */
  readonly agentSocket: string | undefined;
  /** Jump hosts in the order they are passed, each as in `parseAddress`. */
  readonly proxyJump: readonly string[];
  /** A command line for the person's own shell, its % tokens filled in. */
  readonly proxyCommand: string | undefined;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hostKeyAlias: string | undefined;
  readonly strictHostKeyChecking: StrictHostKeyChecking;
  readonly hashKnownHosts: boolean;
  readonly connectTimeoutMs: number | undefined;
  /** 0 if the configuration asks for none. */
  readonly serverAliveIntervalMs: number;
  readonly serverAliveCountMax: number;
  /** Nobody is to be asked anything. */
  readonly batchMode: boolean;
  readonly passwordPrompts: number;
  /** The ways to log in that are allowed, best first. */
  readonly authentications: readonly string[];
  /** Ways to log in that it allows, and only OpenSSH knows. */
  readonly otherAuthentications: readonly string[];
  /** The algorithms that keys may sign with; undefined where that isn't told. */
  readonly signatureAlgorithms: readonly string[] | undefined;
  /** RSA keys with fewer bits aren't taken, neither the host's nor our own. */
  readonly requiredRsaBits: number;
  readonly algorithms: AlgorithmChoice;
  /** All ciphers that the configuration allows, best first; empty where there is no ssh program to tell. */
  readonly ciphers: readonly string[];
  /** Whether there is an ssh program here, which has told all this. */
  readonly hasSshProgram: boolean;
  /** What the configuration asks for and ssh2 can't do, each in plain words. */
  readonly unsupported: readonly string[];
  /** Those of them without which nobody may get in. */
  readonly indispensable: readonly string[];
  /** Those of these that keep out the wrong host: ssh2 must not go on without them. */
  readonly safeguards: readonly string[];
}

/** Where a configuration is read, and for whom. */
export interface ConfigSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder instead of the account's own: for tests. Its `.ssh/config` is read, and no other. */
  readonly homeDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Those that it doesn't know, with the options that allow them. */
const otherAuthentications = [
  ['gssapi-with-mic', 'gssapiauthentication'],
  ['hostbased', 'hostbasedauthentication'],
] as const;

/**
 * The effective configuration for a host: what `ssh -G` says, or plain defaults where there is no ssh program.
 * `ZFS_VM_SSH_CONFIG` in the environment names a configuration file to use instead of the usual ones, like `ssh -F`.
 * @throws ZfsVmError `connection` when ssh can't read its configuration.
 */
export async function readClientConfig(
  address: Address,
  surroundings: ConfigSurroundings,
): Promise<ClientConfig> {
  const printed = await askSsh(address, surroundings);
  const config = parseClientConfig(printed ?? '', address, {
    env: surroundings.env,
    homeDir: surroundings.homeDir ?? accountHome(),
    accountHome: accountHome(),
    accountName: accountName(),
    userId: String(process.getuid?.() ?? ''),
    hostName: hostname(),
  });
  return printed === undefined ? config : addCertificates({ ...config, hasSshProgram: true });
}

/** ssh takes the certificate beside a key by itself, and so it doesn't tell of it. */
async function addCertificates(config: ClientConfig): Promise<ClientConfig> {
  const candidates = config.identityFiles.flatMap((path) => [`${path}-cert.pub`, `${path}-cert`]);
  const areThere = await Promise.all(candidates.map(isThere));
  const found = candidates.find((_path, index) => areThere[index]);
  if (found === undefined) return config;
  const reason = `logging in with a certificate (${toPrintable(found)})`;
  return {
    ...config,
    indispensable: [...config.indispensable, reason],
    unsupported: [...config.unsupported, reason],
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What `ssh -G` prints; undefined where there is no ssh program. */
function askSsh(address: Address, { env, homeDir, signal }: ConfigSurroundings): Promise<string | undefined> {
  const file =
    env['ZFS_VM_SSH_CONFIG'] ?? (homeDir === undefined ? undefined : join(homeDir, '.ssh', 'config'));
  const args = [
    '-G',
    ...(file === undefined ? [] : ['-F', file]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    ...(address.user === undefined ? [] : ['-l', address.user]),
    '--',
    address.host,
  ];
  return new Promise((resolve, reject) => {
    // A `Match exec` of the person's own may hang: not for ever.
    const options = { env: { ...env }, timeout: 30_000, maxBuffer: 1 << 20, ...(signal && { signal }) };
    execFile('ssh', args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else if (error.code === 'ENOENT') {
        resolve(undefined);
      } else if (signal?.aborted === true) {
        const message = `stopped while connecting to ${address.host}`;
        reject(new ZfsVmError('interrupted', message, { cause: signal.reason }));
      } else {
        const words = toPrintable(stderr.trim().split('\n').at(-1) ?? '') || describeThrown(error);
        reject(
          new ZfsVmError('connection', `ssh cannot read its configuration for ${address.host}: ${words}`, {
            hint: `ssh -G ${address.host}`,
            cause: error,
          }),
        );
      }
    });
  });
}

/** Facts about this side that fill the gaps of a configuration. */
export interface LocalAccount {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `~` stands for. */
  readonly homeDir: string;
  /** What ssh itself took `~` for in the paths that it has filled in already. */
  readonly accountHome: string;
  readonly accountName: string;
  readonly userId: string;
  /** What this machine calls itself, with a domain if it has one. */
  readonly hostName: string;
}

/**
 * Reads the output of `ssh -G`: a line an option, its name in small letters, then its value; seen with OpenSSH 9.2.
 * Options that aren't there get OpenSSH's defaults, so that an empty text gives plain defaults.
 */
export function parseClientConfig(output: string, address: Address, account: LocalAccount): ClientConfig {
  const values = readOptions(output);
  const first = (name: string): string | undefined => values.get(name)?.[0];
  const isOn = (name: string): boolean => isYes(first(name));

  const hostName = first('hostname') ?? address.host;
  const port = readPort(first('port')) ?? address.port ?? 22;
  const user = first('user') ?? address.user ?? account.accountName;
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: account.homeDir,
    h: hostName,
    i: account.userId,
    L: account.hostName.replace(/\..*/s, ''),
    l: account.hostName,
    k: first('hostkeyalias') ?? address.host,
    n: address.host,
    p: String(port),
    r: user,
    u: account.accountName,
  };
  const toPath = (path: string): string => expandPath(path, tokens, account);
  const proxyCommand = notNone(first('proxycommand'));
  const userKnownHosts = readPathList(
    first('userknownhostsfile') ?? '~/.ssh/known_hosts ~/.ssh/known_hosts2',
  );
  const globalKnownHosts = readPathList(
    first('globalknownhostsfile') ?? '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
  );
  const algorithms = chooseAlgorithms(first);

  const safeguards = listSafeguards(first, { userKnownHosts, globalKnownHosts });
  const identityFiles = (values.get('identityfile') ?? defaultIdentityFiles).filter(
    (path) => path.toLowerCase() !== 'none',
  );
  const indispensable = [
    ...safeguards,
    ...listIndispensable(values, algorithms),
    ...listUnknownTokens(identityFiles, 'IdentityFile', tokens),
    ...listUnknownTokens([first('identityagent') ?? ''], 'IdentityAgent', tokens),
  ];
  return {
    hostName,
    port,
    user,
    addressFamily: addressFamilies.get(first('addressfamily') ?? 'any'),
    identityFiles: identityFiles.map(toPath),
    identitiesOnly: isOn('identitiesonly'),
    agentSocket: findAgent(first('identityagent'), account, toPath),
    proxyJump: (notNone(first('proxyjump')) ?? '').split(',').filter((hop) => hop !== ''),
    proxyCommand: proxyCommand === undefined ? undefined : expandTokens(proxyCommand, tokens),
    userKnownHostsFiles: userKnownHosts.paths.map(toPath),
    globalKnownHostsFiles: globalKnownHosts.paths.map(toPath),
    hostKeyAlias: first('hostkeyalias'),
    strictHostKeyChecking: readStrictness(first('stricthostkeychecking')),
    hashKnownHosts: isOn('hashknownhosts'),
    connectTimeoutMs: readSeconds(first('connecttimeout')),
    serverAliveIntervalMs: readSeconds(first('serveraliveinterval')) ?? 0,
    serverAliveCountMax: readCount(first('serveralivecountmax')) ?? 3,
    batchMode: isOn('batchmode'),
    passwordPrompts: readCount(first('numberofpasswordprompts')) ?? 3,
    authentications: chooseAuthentications(first),
    otherAuthentications: otherAuthentications
      .filter(([, option]) => isYes(first(option)))
      .map(([method]) => method),
    signatureAlgorithms: (first('pubkeyacceptedalgorithms') ?? first('pubkeyacceptedkeytypes'))?.split(','),
    requiredRsaBits: readCount(first('requiredrsasize')) ?? 1024,
    algorithms,
    ciphers: first('ciphers')?.split(',') ?? [],
    hasSshProgram: false,
    unsupported: [...indispensable, ...listDispensable(first)],
    indispensable,
    safeguards,
  };
}

const addressFamilies: ReadonlyMap<string, 4 | 6> = new Map([
  ['inet', 4],
  ['inet6', 6],
]);

const defaultIdentityFiles = ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `~/.ssh/${name}`);

function readOptions(output: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const space = line.indexOf(' ');
    if (space <= 0) continue;

    const name = line.slice(0, space).toLowerCase();
    // A path may end with a space.
    const value = line.slice(space + 1);
    const earlier = values.get(name);
    if (earlier === undefined) values.set(name, [value]);
    else earlier.push(value);
  }
  return values;
}

function readCount(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function readPort(value: string | undefined): number | undefined {
  const port = readCount(value);
  return port !== undefined && port >= 1 && port <= 65_535 ? port : undefined;
}

function readSeconds(value: string | undefined): number | undefined {
  const seconds = readCount(value);
  return seconds === undefined ? undefined : seconds * 1000;
}

function readStrictness(value: string | undefined): StrictHostKeyChecking {
  if (isYes(value)) return 'yes';

  if (isNo(value) || value === 'off') return 'no';

  return value === 'accept-new' ? 'accept-new' : 'ask';
}

function findAgent(
  setting: string | undefined,
  { env }: LocalAccount,
  toPath: (path: string) => string,
): string | undefined {
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'] || undefined;

  if (setting.startsWith('$') && !setting.startsWith('${')) {
    const name = setting.slice(1);
    return (Object.hasOwn(env, name) && env[name]) || undefined;
  }

  return notNone(setting) === undefined ? undefined : toPath(setting);
}

function expandPath(path: string, tokens: Readonly<Record<string, string>>, account: LocalAccount): string {
  const expanded = expandTokens(path, tokens).replace(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
    (whole, name: string) => (Object.hasOwn(account.env, name) ? (account.env[name] ?? whole) : whole),
  );
  for (const home of ['~', account.accountHome]) {
    if (expanded.startsWith(`${home}/`)) return join(account.homeDir, expanded.slice(home.length + 1));
  }
  return expanded;
}

function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
}

/** `%C` is made in another way by each few versions of OpenSSH, and newer ones may have more. */
function listUnknownTokens(
  texts: readonly string[],
  option: string,
  tokens: Readonly<Record<string, string>>,
): string[] {
  const unknown = texts
    .flatMap((text) => text.match(/%./g) ?? [])
    .find((token) => tokens[token.slice(1)] === undefined);
  return unknown === undefined ? [] : [`the token ${unknown} (${option})`];
}

function accountHome(): string {
  try {
    // As OpenSSH does, and unlike the shell: not $HOME, which sudo and others may leave pointing at someone else's.
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

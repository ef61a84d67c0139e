import { createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ParsedKey, type PublicKeyEntry, type SigningRequestOptions } from 'ssh2';
import { countAgentKeys } from './agent-keys.js';
import { readKeyType, readRsaBits } from './known-hosts.js';
import { describeThrown, toPrintable } from '../../base/printable.js';

/** A public key that we can offer, and how to sign with its other half. */
export interface Identity {
  /** Where it comes from, for messages. */
  readonly label: string;
  readonly publicKey: ParsedKey;
  /** Signs, with the hash that the server wants; may ask for a passphrase. Rejects when that isn't given. */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

/** What is needed to find the keys of a person. */
export interface IdentitySources {
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | undefined;
  /** Asks for the passphrase of a file; `undefined` means that there is none to be had. */
  readonly askPassphrase: (file: string) => Promise<string | undefined>;
  readonly passphraseTries: number;
  /** The algorithms that keys may sign with; all of them where left out. */
  readonly signatureAlgorithms?: readonly string[] | undefined;
  /** RSA keys with fewer bits aren't offered. */
  readonly requiredRsaBits: number;
  /** Hears of what only OpenSSH can log in with. */
  readonly noteBeyond: (reason: string) => void;
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
}

/** What a file that may hold a private key turned out to be. */
type IdentityFile =
  | { readonly kind: 'plain'; readonly path: string; readonly key: ParsedKey }
  | {
      readonly kind: 'encrypted';
      readonly path: string;
      readonly text: string;
      readonly publicKey: ParsedKey | undefined;
    }
  | { readonly kind: 'public-only'; readonly path: string; readonly publicKey: ParsedKey };

/**
 * The keys to offer, each once, in the order that OpenSSH offers them, except that a passphrase is wanted as late as can
 * be: keys of the agent that are configured for the host, other keys of the agent (not with IdentitiesOnly), files
 * without a passphrase, files with one. What can't be used is said with `debug`, or `warn` if it looks like a mistake.
 */
export async function* findIdentities(sources: IdentitySources): AsyncGenerator<Identity, void, undefined> {
  for await (const identity of findAll(sources)) {
    if (isAllowed(identity, sources)) yield limitSignature(identity, sources);
  }
}

/** Whether keys of its kind may be used, as the configuration says. */
function isAllowed(
  { label, publicKey }: Identity,
  { signatureAlgorithms, requiredRsaBits, debug }: IdentitySources,
): boolean {
  const algorithms = publicKey.type === 'ssh-rsa' ? rsaAlgorithms : [publicKey.type];
  if (signatureAlgorithms !== undefined && !algorithms.some((name) => signatureAlgorithms.includes(name))) {
    debug(`${label} not offered: excluded by PubkeyAcceptedAlgorithms`);
    return false;
  }
  if ((readRsaBits(publicKey.getPublicSSH()) ?? Infinity) < requiredRsaBits) {
    debug(`${label} not offered: smaller than RequiredRSASize`);
    return false;
  }
  return true;
}

/** RSA keys sign by several algorithms. */
const rsaAlgorithms = ['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa'];

/** The same identity, that signs by no algorithm which isn't allowed. */
function limitSignature(identity: Identity, { signatureAlgorithms, noteBeyond }: IdentitySources): Identity {
  if (signatureAlgorithms === undefined || identity.publicKey.type !== 'ssh-rsa') return identity;
  return {
    ...identity,
    sign: (data, hash) => {
      const algorithm = hash === 'sha256' || hash === 'sha512' ? `rsa-sha2-${hash.slice(3)}` : 'ssh-rsa';
      if (signatureAlgorithms.includes(algorithm)) return identity.sign(data, hash);
      noteBeyond(`signing by another algorithm than ${algorithm} with ${identity.label}`);
      return Promise.reject(new Error(`PubkeyAcceptedAlgorithms excludes ${algorithm}`));
    },
  };
}

async function* findAll(sources: IdentitySources): AsyncGenerator<Identity, void, undefined> {
  const files: IdentityFile[] = [];
  for (const path of sources.identityFiles) {
    const file = await loadIdentityFile(path, sources);
    if (file !== undefined) files.push(file);
  }
  const offered = new Set<string>();
  const isNew = (key: ParsedKey): boolean => {
    const id = key.getPublicSSH().toString('base64');
    const isUnseen = !offered.has(id);
    offered.add(id);
    return isUnseen;
  };

  const fromAgent = await listAgentKeys(sources);
  const configured = fromAgent.filter((identity) => files.some((file) => holdsKey(file, identity.publicKey)));
  const others = sources.identitiesOnly ? [] : fromAgent.filter((identity) => !configured.includes(identity));
  for (const identity of [...configured, ...others]) {
    if (isNew(identity.publicKey)) yield identity;
  }
  for (const file of files) {
    if (file.kind === 'plain' && isNew(file.key)) yield identityOfKey(file.path, file.key);
  }
  for (const file of files) {
    if (file.kind !== 'encrypted') continue;

    if (file.publicKey !== undefined) {
      if (isNew(file.publicKey)) yield identityOfEncryptedFile(file.path, file.text, file.publicKey, sources);

      continue;
    }
    // An old PEM file without its .pub: nobody knows which key it is before it is decrypted.
    const key = await decrypt(file.path, file.text, sources);
    if (key !== undefined && isNew(key)) yield identityOfKey(file.path, key);
  }
}

function holdsKey(file: IdentityFile, key: ParsedKey): boolean {
  const own = file.kind === 'plain' ? file.key : file.publicKey;
  return own?.getPublicSSH().equals(key.getPublicSSH()) ?? false;
}

function identityOfKey(path: string, key: ParsedKey): Identity {
  return { label: path, publicKey: key, sign: (data, hash) => signWith(key, data, hash) };
}

function identityOfEncryptedFile(
  path: string,
  text: string,
  publicKey: ParsedKey,
  sources: IdentitySources,
): Identity {
  return {
    label: path,
    publicKey,
    async sign(data, hash) {
      const key = await decrypt(path, text, sources);
      if (key === undefined) throw new Error(`the passphrase of ${path} was not given`);

      return signWith(key, data, hash);
    },
  };
}

async function decrypt(path: string, text: string, sources: IdentitySources): Promise<ParsedKey | undefined> {
  for (let attempt = 0; attempt < sources.passphraseTries; attempt++) {
    const passphrase = await sources.askPassphrase(path);
    if (passphrase === undefined || passphrase === '') return undefined;

    const key = parseKey(text, passphrase);
    if (key instanceof Error) sources.warn(`wrong passphrase for ${path}`);
    else return key;
  }
  return undefined;
}

function signWith(key: ParsedKey, data: Buffer, hash: string | undefined): Promise<Buffer> {
  // ssh2's declaration leaves out that it returns its errors.
  const signature: Buffer | Error = key.sign(data, hash);
  return signature instanceof Error ? Promise.reject(signature) : Promise.resolve(signature);
}

// ssh2 returns its errors, and gives an array for some formats.
function parseKey(text: string | Buffer, passphrase?: string): ParsedKey | Error {
  const parsed: ParsedKey | Error | readonly (ParsedKey | Error)[] = ssh2.utils.parseKey(text, passphrase);
  return [parsed].flat()[0] ?? new Error('the file contains no key');
}

async function loadIdentityFile(path: string, sources: IdentitySources): Promise<IdentityFile | undefined> {
  const publicKey = await loadPublicKey(`${path}.pub`, sources);
  let text: string;
  let mode: number;
  let owner: number;
  try {
    ({ mode, uid: owner } = await stat(path));
    text = await readFile(path, 'latin1');
  } catch (error) {
    sources.debug(`no key from ${path}: ${describeThrown(error)}`);
    return publicKey && { kind: 'public-only', path, publicKey };
  }
  if ((mode & 0o077) !== 0 && owner === process.getuid?.() && text.includes('PRIVATE KEY')) {
    sources.warn(`${path} not used: other users can read this private key; to fix: chmod 600 ${path}`);
    return undefined;
  }
  const key = parseKey(toKnownFormat(text));
  if (!(key instanceof Error)) {
    // A public key may be named, too, to pick one of the agent's.
    return key.isPrivateKey() ? { kind: 'plain', path, key } : { kind: 'public-only', path, publicKey: key };
  }
  if (/encrypted/i.test(key.message)) {
    return { kind: 'encrypted', path, text, publicKey: publicKey ?? readPublicPart(text) };
  }

  noteForeignKey(path, text, sources);
  sources.debug(`no key from ${path}: ${describeThrown(key)}`);
  return publicKey && { kind: 'public-only', path, publicKey };
}

async function loadPublicKey(path: string, sources: IdentitySources): Promise<ParsedKey | undefined> {
  try {
    const text = await readFile(path, 'latin1');
    const key = parseKey(text);
    if (!(key instanceof Error)) return key;

    noteForeignKey(path, text, sources);
  } catch {
    // There needn't be one.
  }
  return undefined;
}

/** Says so if a file that ssh2 can't read may be a key that OpenSSH can: of another format, on a FIDO token, a certificate. */
function noteForeignKey(path: string, text: string, { noteBeyond }: IdentitySources): void {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|^(?:sk-[\w-]+|[\w-]+-cert-v\d+)@openssh\.com /.test(text)) {
    noteBeyond(`a key that ssh2 cannot read (${toPrintable(path)})`);
  }
}

const knownFormats: ReadonlyMap<string, 'pkcs1' | 'sec1'> = new Map([
  ['rsa', 'pkcs1'],
  ['ec', 'sec1'],
]);

/** PKCS#8, which ssh2 doesn't know, in a format that it does. */
function toKnownFormat(text: string): string {
  if (!text.includes('-----BEGIN PRIVATE KEY-----')) return text;
  try {
    const key = createPrivateKey(text);
    const type = knownFormats.get(key.asymmetricKeyType ?? '');
    return type === undefined ? text : key.export({ type, format: 'pem' }).toString();
  } catch {
    return text;
  }
}

/** The public key in a private key file of OpenSSH's format, where it stands in the clear: see PROTOCOL.key. */
function readPublicPart(text: string): ParsedKey | undefined {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]*)-----END/.exec(text)?.[1];
  const blob = Buffer.from(base64 ?? '', 'base64');
  const magic = 'openssh-key-v1\0';
  if (blob.toString('latin1', 0, magic.length) !== magic) return undefined;

  let at = magic.length;
  const readField = (): Buffer => {
    const length = blob.readUInt32BE(at);
    at += 4 + length;
    return blob.subarray(at - length, at);
  };
  try {
    // Cipher, its key derivation, and that one's options; then the number of keys.
    readField();
    readField();
    readField();
    at += 4;
    const key = parseKey(readField());
    return key instanceof Error ? undefined : key;
  } catch {
    return undefined;
  }
}

async function listAgentKeys({
  agentSocket,
  identitiesOnly,
  debug,
  noteBeyond,
}: IdentitySources): Promise<Identity[]> {
  if (agentSocket === undefined) return [];

  const agent = new ssh2.OpenSSHAgent(agentSocket);
  const keys = await new Promise<readonly ParsedKey[]>((resolve) => {
    agent.getIdentities((error, found) => {
      if (error) debug(`no keys from the agent at ${agentSocket}: ${describeThrown(error)}`);

      resolve((found ?? []).filter(isOfferable));
    });
  });
  if (!identitiesOnly && ((await countAgentKeys(agentSocket)) ?? 0) > keys.length) {
    noteBeyond('keys in the agent that ssh2 does not support');
  }
  return keys.map((publicKey) => ({
    label: `the agent's key ${publicKey.comment}`.trimEnd(),
    publicKey,
    sign: (data, hash) =>
      new Promise((resolve, reject) => {
        agent.sign(publicKey, data, toSigningOptions(hash), (error, signature) => {
          if (signature === undefined) reject(error ?? new Error('the agent did not sign'));
          else resolve(signature);
        });
      }),
  }));
}

// An agent may have keys that ssh2 can't offer: certificates, and keys on a FIDO token.
function isOfferable(key: ParsedKey | PublicKeyEntry): key is ParsedKey {
  return !('pubKey' in key) && readKeyType(key.getPublicSSH()) === key.type;
}

function toSigningOptions(hash: string | undefined): SigningRequestOptions {
  return hash === 'sha256' || hash === 'sha512' ? { hash } : {};
}

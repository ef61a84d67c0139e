import { createHash, createHmac, randomBytes } from 'node:crypto';

/** A usable line of a known_hosts file: see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export interface KnownHostsEntry {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly marker: 'none' | 'cert-authority' | 'revoked';
  /** Names and patterns with commas between them, or one hashed name. */
  readonly hosts: string;
  readonly keyType: string;
  readonly key: Buffer;
}

/** What known_hosts says about the key that a host shows. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  /** No key of this kind is known; `otherTypes` are the types of the keys that are. */
  | { readonly kind: 'unknown'; readonly otherTypes: readonly string[] }
  /** The entry has another key of the same kind: someone listens in, or the host was set up anew. */
  | { readonly kind: 'changed'; readonly entry: KnownHostsEntry }
  | { readonly kind: 'revoked'; readonly entry: KnownHostsEntry }
  /** This key isn't known, but a certificate authority is that may vouch for the host; certificates aren't understood here. */
  | { readonly kind: 'certificate-authority'; readonly entry: KnownHostsEntry };

/** The usable lines of a known_hosts file. Lines that make no sense are passed over, as OpenSSH does. */
export function parseKnownHosts(file: string, text: string): KnownHostsEntry[] {
  const entries: KnownHostsEntry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = parseLine(line);
    if (entry !== undefined) entries.push({ file, line: index + 1, ...entry });
  }
  return entries;
}

function parseLine(line: string): Omit<KnownHostsEntry, 'file' | 'line'> | undefined {
  const fields = line.split(/[ \t\r]/).filter((field) => field !== '');
  let marker: KnownHostsEntry['marker'] = 'none';
  if (fields[0] === '@cert-authority' || fields[0] === '@revoked') {
    marker = fields[0] === '@revoked' ? 'revoked' : 'cert-authority';
    fields.shift();
  }
  const [hosts, keyType, encodedKey] = fields;
  if (hosts === undefined || keyType === undefined || encodedKey === undefined) return undefined;

  if (hosts.startsWith('#') || hosts.startsWith('@')) return undefined;

  const key = Buffer.from(encodedKey, 'base64');
  return readKeyType(key) === keyType ? { marker, hosts, keyType, key } : undefined;
}

/** The type that a public key in SSH's binary form names itself, e.g. `ssh-ed25519`; `undefined` if it isn't one. */
export function readKeyType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;

  const length = key.readUInt32BE(0);
  return length === 0 || length > 64 || key.length < 4 + length
    ? undefined
    : key.toString('latin1', 4, 4 + length);
}

/** The length of an RSA key in SSH's binary form, in bits; `undefined` if it isn't one. */
export function readRsaBits(key: Buffer): number | undefined {
  if (readKeyType(key) !== 'ssh-rsa') return undefined;

  // Type, exponent and modulus, each behind its length.
  let at = 0;
  let field = key.subarray(0, 0);
  for (let index = 0; index < 3; index++) {
    if (key.length < at + 4) return undefined;

    const length = key.readUInt32BE(at);
    field = key.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  const start = field.findIndex((byte) => byte !== 0);
  return start < 0 ? 0 : (field.length - start) * 8 - (Math.clz32(field[start] ?? 0) - 24);
}

/** The name that known_hosts has for a host: with its port, unless that is the usual one. */
export function nameInKnownHosts(hostName: string, port: number): string {
  const name = hostName.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Says what the entries tell about a key that the host called `name` (see `nameInKnownHosts`) shows. */
export function judgeHostKey(entries: readonly KnownHostsEntry[], name: string, key: Buffer): HostKeyVerdict {
  const matching = entries.filter((entry) => matchesHost(entry.hosts, name));
  const sameKey = (entry: KnownHostsEntry): boolean => entry.key.equals(key);

  const revoked = matching.find((entry) => entry.marker === 'revoked' && sameKey(entry));
  if (revoked !== undefined) return { kind: 'revoked', entry: revoked };

  const plain = matching.filter((entry) => entry.marker === 'none');
  if (plain.some(sameKey)) return { kind: 'known' };

  const authority = matching.find((entry) => entry.marker === 'cert-authority');
  if (authority !== undefined) return { kind: 'certificate-authority', entry: authority };

  const keyKind = toKeyKind(readKeyType(key) ?? '');
  const changed = plain.find((entry) => toKeyKind(entry.keyType) === keyKind);
  if (changed !== undefined) return { kind: 'changed', entry: changed };

  return { kind: 'unknown', otherTypes: [...new Set(plain.map((entry) => entry.keyType))] };
}

/** The types of the keys that are known for a host. */
export function listKnownKeyTypes(entries: readonly KnownHostsEntry[], name: string): string[] {
  const plain = entries.filter((entry) => entry.marker === 'none' && matchesHost(entry.hosts, name));
  return [...new Set(plain.map((entry) => entry.keyType))];
}

// As OpenSSH does: another curve is another key, not another kind of key.
function toKeyKind(keyType: string): string {
  return keyType.startsWith('ecdsa-sha2-') ? 'ecdsa' : keyType;
}

function matchesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);

  let matches = false;
  for (const item of hosts.toLowerCase().split(',')) {
    const isNegated = item.startsWith('!');
    if (matchesPattern(isNegated ? item.slice(1) : item, name)) {
      if (isNegated) return false;

      matches = true;
    }
  }
  return matches;
}

function matchesHash(hosts: string, name: string): boolean {
  const [before, version, salt, hash, ...rest] = hosts.split('|');
  if (before !== '' || version !== '1' || salt === undefined || hash === undefined || rest.length > 0) {
    return false;
  }

  return hashName(name, Buffer.from(salt, 'base64')).equals(Buffer.from(hash, 'base64'));
}

function hashName(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest();
}

/**
 * Whether a pattern with `*` (any characters) and `?` (one character) covers all of the text. Goes back to the last `*`
 * only, so that a hostile pattern costs no more than pattern times text.
 */
function matchesPattern(pattern: string, text: string): boolean {
  let patternAt = 0;
  let textAt = 0;
  let starAt = -1;
  let retryAt = 0;
  while (textAt < text.length) {
    const char = pattern[patternAt];
    if (char === '*') {
      starAt = patternAt++;
      retryAt = textAt;
    } else if (char === '?' || char === text[textAt]) {
      patternAt++;
      textAt++;
    } else if (starAt >= 0) {
      patternAt = starAt + 1;
      textAt = ++retryAt;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt++;

  return patternAt === pattern.length;
}

/** A line for known_hosts, without its newline; `hashed` hides the name as HashKnownHosts asks for. */
export function formatKnownHost(name: string, key: Buffer, hashed: boolean): string {
  let hosts = name;
  if (hashed) {
    const salt = randomBytes(20);
    hosts = `|1|${salt.toString('base64')}|${hashName(name, salt).toString('base64')}`;
  }
  return `${hosts} ${formatPublicKey(key)}`;
}

/** A public key as OpenSSH writes it into files: its type, and base64. */
export function formatPublicKey(key: Buffer): string {
  return `${readKeyType(key) ?? ''} ${key.toString('base64')}`;
}

/** The fingerprint of a public key, as OpenSSH shows it: `SHA256:` and base64 without padding. */
export function formatFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

import { ZfsVmError } from '../../base/errors.js';
import { BeyondSsh2 } from '../ssh/beyond-ssh2.js';
import type { ClientConfig } from '../ssh/client-config.js';
import { appendKnownHost } from './known-hosts-files.js';
import {
  formatFingerprint,
  formatKnownHost,
  judgeHostKey,
  listKnownKeyTypes,
  nameInKnownHosts,
  readKeyType,
  readRsaBits,
  type HostKeyVerdict,
  type KnownHostsEntry,
} from './known-hosts.js';
import { describeThrown, toPrintable } from '../../base/printable.js';
import { showCommand } from '../../base/shell.js';

/** How often a question is put before no clear answer counts as a no. */
const maxAnswers = 5;

/** What checking a host's key needs besides the configuration. */
export interface HostKeyContext {
  readonly config: ClientConfig;
  /** The host, for questions and messages. */
  readonly label: string;
  /** Asks the person; `undefined` when there is nobody to ask, or no answer. */
  readonly ask: (question: string, secret: boolean) => Promise<string | undefined>;
  readonly warn: (line: string) => void;
}

/** Checks the key of one host against known_hosts. */
export interface HostKeyChecker {
  /** The types of the keys known for the host. */
  readonly knownKeyTypes: readonly string[];
  /**
   * Fulfils if the key is, or has become, trusted: the person may be asked, and the key is then stored.
   * @throws ZfsVmError `connection` if the key is refused, with why and what to do.
   */
  verify(key: Buffer): Promise<void>;
}

/** A checker for the key of one host, with what known_hosts holds: see `readKnownHosts`. */
export function createHostKeyChecker(
  context: HostKeyContext,
  entries: readonly KnownHostsEntry[],
): HostKeyChecker {
  const { config } = context;
  // An alias stands for the host whatever its port.
  const name = config.hostKeyAlias?.toLowerCase() ?? nameInKnownHosts(config.hostName, config.port);
  // Like OpenSSH, a key that is known for the host at its usual port is taken at another one; nothing more follows from it.
  const usualName = config.hostKeyAlias === undefined ? nameInKnownHosts(config.hostName, 22) : name;
  return {
    knownKeyTypes: [...listKnownKeyTypes(entries, name), ...listKnownKeyTypes(entries, usualName)],
    verify: async (key) => {
      refuseShortKey(context, key);
      const verdict = judgeHostKey(entries, name, key);
      if (verdict.kind === 'unknown') {
        const usual = judgeHostKey(entries, usualName, key);
        if (usual.kind === 'known') return;

        if (usual.kind === 'certificate-authority') await decide(context, usualName, key, usual);
      }
      await decide(context, name, key, verdict);
    },
  };
}

function refuseShortKey({ config, label }: HostKeyContext, key: Buffer): void {
  const bits = readRsaBits(key);
  if (bits === undefined || bits >= config.requiredRsaBits) return;

  throw new ZfsVmError(
    'connection',
    `the host key of ${label} (${describeKey(key)}) has ${bits} bits; RequiredRSASize requires ${config.requiredRsaBits}`,
    { hint: 'install a longer host key, or one of another type, on the host' },
  );
}

async function decide(
  context: HostKeyContext,
  name: string,
  key: Buffer,
  verdict: HostKeyVerdict,
): Promise<void> {
  const { config, label, warn } = context;
  const shown = describeKey(key);
  switch (verdict.kind) {
    case 'known':
      return;
    case 'changed':
      throw new ZfsVmError(
        'connection',
        `the host key of ${label} has changed: the host presented ${shown}, but ${locate(verdict.entry)} has another one. ` +
          'Someone may be intercepting the connection, or the host was reinstalled',
        {
          hint: `if the host was reinstalled, remove the old key with ${showCommand('ssh-keygen', '-f', verdict.entry.file, '-R', name)}`,
        },
      );
    case 'revoked':
      throw new ZfsVmError(
        'connection',
        `the host key of ${label} (${shown}) is revoked by ${locate(verdict.entry)}`,
        { hint: 'ask the administrator of the host for its new key' },
      );
    case 'certificate-authority':
      throw new BeyondSsh2(
        `the host key of ${label} (${shown}) is unknown; a certificate authority is known (${locate(verdict.entry)}), but ssh2 ` +
          'cannot check certificates',
        { reason: `the certificate of the host (${locate(verdict.entry)})` },
      );
    case 'unknown':
      await decideOnUnknown(context, key, shown, verdict.otherTypes);
      await store(context, name, key);
      if (config.strictHostKeyChecking !== 'ask') {
        warn(`${label}: accepted an unknown host key (StrictHostKeyChecking): ${shown}`);
      }
  }
}

async function decideOnUnknown(
  context: HostKeyContext,
  key: Buffer,
  shown: string,
  otherTypes: readonly string[],
): Promise<void> {
  const { config, label } = context;
  const isNewHost = otherTypes.length === 0;
  switch (config.strictHostKeyChecking) {
    case 'no':
      return;
    case 'accept-new':
      // A host with another key isn't a new host: that needs a person's word.
      if (isNewHost) return;

      break;
    case 'yes':
      throw new ZfsVmError(
        'connection',
        `the host key of ${label} (${shown}) is unknown, and StrictHostKeyChecking refuses unknown keys`,
        { hint: 'check the key, then add it to known_hosts' },
      );
    case 'ask':
  }
  const others = isNewHost
    ? 'This host is not known by any other key.'
    : `Known keys of this host are of another type: ${otherTypes.map(toKeyName).join(', ')}.`;
  let question =
    `The authenticity of host '${label}' can't be established.\n` +
    `${shown.replace(' ', ' key fingerprint is ')}.\n${others}\n` +
    'Are you sure you want to continue connecting (yes/no/[fingerprint])? ';
  for (let attempt = 0; attempt < maxAnswers; attempt++) {
    const answer = (await context.ask(question, false))?.trim();
    if (answer === undefined) {
      throw new ZfsVmError(
        'connection',
        `the host key of ${label} (${shown}) is unknown, and there is no terminal to ask on`,
        { hint: 'connect once with ssh, or check the output of ssh-keyscan and add it to known_hosts' },
      );
    }
    if (answer.toLowerCase() === 'yes' || answer === formatFingerprint(key)) return;

    if (answer.toLowerCase() === 'no') break;

    question = "Please type 'yes', 'no' or the fingerprint: ";
  }
  throw new ZfsVmError('connection', `host key of ${label} (${shown}) not accepted; not connected`);
}

async function store({ config, label, warn }: HostKeyContext, name: string, key: Buffer): Promise<void> {
  const file = config.userKnownHostsFiles[0];
  if (file === undefined) return;

  try {
    await appendKnownHost(file, formatKnownHost(name, key, config.hashKnownHosts));
  } catch (error) {
    warn(`cannot store the host key of ${label}: ${describeThrown(error)}`);
  }
}

function describeKey(key: Buffer): string {
  return `${toKeyName(readKeyType(key) ?? 'unknown')} ${formatFingerprint(key)}`;
}

/** The name of a key type in OpenSSH's messages. */
function toKeyName(keyType: string): string {
  if (keyType.startsWith('ecdsa-')) return 'ECDSA';

  return toPrintable(keyType.replace(/^ssh-/, '').toUpperCase());
}

function locate(entry: KnownHostsEntry): string {
  return `${entry.file}:${entry.line}`;
}

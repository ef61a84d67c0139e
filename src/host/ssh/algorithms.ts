import type { CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import type { FirstValue } from './option-values.js';

/** The algorithms to offer, best first. An empty list means: the configuration allows none that we know. */
export interface AlgorithmChoice {
  readonly kex: readonly KexAlgorithm[];
  readonly cipher: readonly CipherAlgorithm[];
  readonly hmac: readonly MacAlgorithm[];
  readonly serverHostKey: readonly ServerHostKeyAlgorithm[];
}

/**
 * What we offer where the configuration allows it, or doesn't say. AES-GCM comes first: OpenSSH's favourite is slow outside OpenSSH,
 * and the last choice.
 */
const offered: AlgorithmChoice = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  hmac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha1',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
};

/** What ssh2 knows besides, and OpenSSH allows only where somebody has configured it, for old servers. */
const offeredOnRequest: AlgorithmChoice = {
  kex: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-96', 'hmac-md5', 'hmac-md5-96'],
  serverHostKey: ['ssh-rsa'],
};

/** The algorithms that the configuration allows of those that ssh2 knows. */
export function chooseAlgorithms(first: FirstValue): AlgorithmChoice {
  const keepAllowed = <T extends string>(
    [usual, onRequest]: readonly [readonly T[], readonly T[]],
    option: string,
  ): readonly T[] => {
    const allowed = first(option)?.split(',');
    return allowed === undefined ? usual : [...usual, ...onRequest].filter((name) => allowed.includes(name));
  };
  return {
    kex: keepAllowed([offered.kex, offeredOnRequest.kex], 'kexalgorithms'),
    cipher: keepAllowed([offered.cipher, offeredOnRequest.cipher], 'ciphers'),
    hmac: keepAllowed([offered.hmac, offeredOnRequest.hmac], 'macs'),
    serverHostKey: keepAllowed([offered.serverHostKey, offeredOnRequest.serverHostKey], 'hostkeyalgorithms'),
  };
}

import { readFileSync } from 'node:fs';

/** OpenSSH's favourite, which needs no help of the processor. */
const favourite = 'chacha20-poly1305@openssh.com';

const aesGcm = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'];

/**
 * The ciphers in the order in which they are to be offered: where the processor has instructions for AES, AES-GCM comes first, which
 * then takes about half of the time of OpenSSH's favourite. The same are offered, and whoever has another favourite keeps it.
 * @param allowed what the configuration allows, best first
 * @returns undefined where nothing is to be changed
 */
export function preferAes(allowed: readonly string[], hasAesInstructions: boolean): string[] | undefined {
  const preferred = aesGcm.filter((cipher) => allowed.includes(cipher));
  if (!hasAesInstructions || allowed[0] !== favourite || preferred.length === 0) return undefined;
  return [...preferred, ...allowed.filter((cipher) => !preferred.includes(cipher))];
}

/** Whether this machine's processor has instructions for AES; false where that can't be told. */
export function hasAesInstructions(): boolean {
  try {
    // x86 has flags, ARM has features.
    return /^(flags|Features)\s*:.*\saes(\s|$)/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

import { ZfsVmError } from '../base/errors.js';
import { quoteCommand } from '../base/shell.js';

/**
 * The line of an authorized_keys file that lets a key do nothing but what a gate allows.
 * @param words the command line of the gate
 * @param publicKey as ssh-keygen writes it: type, key, and maybe a comment
 * @throws ZfsVmError `usage` for what is no public key
 */
export function formatAuthorizedKey(words: readonly string[], publicKey: string): string {
  const key = publicKey.trim();
  if (!/^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [ -~]*)?$/.test(key)) {
    throw new ZfsVmError('usage', 'not a public key: one line such as "ssh-ed25519 AAAA... comment"', {
      hint: 'name the file that ends with .pub',
    });
  }
  const command = quoteCommand(words).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `restrict,command="${command}" ${key}`;
}

import { isNo, type FirstValue } from './option-values.js';

/** The ways to log in that this transport knows, in OpenSSH's order of preference. */
const knownAuthentications = ['publickey', 'keyboard-interactive', 'password'];

/** Those of them that the configuration allows, in the order that it prefers. */
export function chooseAuthentications(first: FirstValue): string[] {
  const preferred = first('preferredauthentications')?.split(',') ?? knownAuthentications;
  const switches: readonly (readonly [string, string])[] = [
    ['publickey', 'pubkeyauthentication'],
    ['keyboard-interactive', 'kbdinteractiveauthentication'],
    ['password', 'passwordauthentication'],
  ];
  const off = new Set(switches.filter(([, option]) => isNo(first(option))).map(([method]) => method));
  return preferred.filter((method) => knownAuthentications.includes(method) && !off.has(method));
}

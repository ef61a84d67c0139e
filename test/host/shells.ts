import { spawnSync } from 'node:child_process';
import type { Host } from '../../src/host/host.js';
import { LocalHost } from '../../src/host/local-host.js';

/** The shells that may be `/bin/sh` somewhere, and the words that start them as that. */
export const shells: readonly (readonly [program: string, ...words: string[]])[] = [
  ['dash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
  ['ksh'],
  ['mksh'],
  ['posh'],
  ['zsh', '--emulate', 'sh'],
];

/** Why nothing can be tried with a shell here; false when it can. */
export function whyNot([program, ...words]: readonly string[]): string | false {
  const { status } = spawnSync(program ?? '', [...words, '-c', 'true']);
  return status === 0 ? false : `${program ?? ''} isn't installed here`;
}

/** This machine, as if its `sh` were another one. */
export function hostWithShell(shell: readonly string[]): Host {
  const local = new LocalHost();
  return {
    name: local.name,
    joinsPipes: local.joinsPipes,
    start: ([program = '', ...words], options) =>
      local.start(program === 'sh' ? [...shell, ...words] : [program, ...words], options),
    close: () => local.close(),
  };
}

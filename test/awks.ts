import { spawnSync } from 'node:child_process';

/** The programs that may be `awk` somewhere, and the words that start them as that. */
export const awks: readonly (readonly [program: string, ...words: string[]])[] = [
  ['mawk'],
  ['gawk', '--posix'],
  ['gawk'],
  ['busybox', 'awk'],
  ['original-awk'],
];

/** Why nothing can be tried with an awk here; false when it can. */
export function whyNoAwk([program = '', ...words]: readonly string[]): string | false {
  const { status } = spawnSync(program, [...words, 'BEGIN { exit }'], { input: '' });
  return status === 0 ? false : `${program} isn't installed here`;
}

/** Runs a program with fields that end at tabs, as our scripts do. */
export function runAwk(
  [awk = '', ...words]: readonly string[],
  program: string,
  input: string,
): { readonly output: string; readonly status: number | null } {
  // Some awks open /dev/stderr as a file, which can't be done with the socket that Node would make of it.
  const { stdout, status } = spawnSync(awk, [...words, '-F', '\\t', program], {
    ...{ input, encoding: 'utf8' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return { output: stdout, status };
}

import type { Round } from './chaos-round.js';

/** One run of zfs-vm: where, its words, and what it is to bring. */
export interface Command {
  readonly host: 'a' | 'b';
  readonly words: string;
  readonly streamlines: readonly string[];
}

/** The command that brings everything, or some streamlines only, from a to b. */
export function makeCommand(
  { transport, compress }: Pick<Round, 'transport' | 'compress'>,
  direction: Round['direction'],
  streamlines: readonly string[] = allStreamlines,
): Command {
  const words = [
    `--transport ${transport} ${direction} -d tank/vm`,
    ...(compress ? ['--compress'] : []),
    ...(streamlines === allStreamlines ? [] : streamlines.map((name) => `-n ${name}`)),
    direction === 'push' ? 'root@b' : 'root@a',
  ];
  return { host: direction === 'push' ? 'a' : 'b', words: words.join(' '), streamlines };
}

const allStreamlines: readonly string[] = ['ct', 'db'];

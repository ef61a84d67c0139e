import { joinPieces } from './write-all.js';

/** A word that every POSIX shell reads back as it was; plain words stay readable. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./:@=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** One command of a POSIX shell script, each word quoted so that it arrives as it is. */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

/** A command as it stands in a message: in double quotes, and what is between them can be pasted. */
export function showCommand(...words: readonly string[]): string {
  return `"${quoteCommand(words)}"`;
}

/**
 * A shell line that calls `"$@"` with these words and then the names, in as few calls as the length of command lines allows, and
 * what it has to be given on stdin. Names are those of datasets and snapshots: nothing in them but a space means anything to
 * xargs. With no names at all, GNU's xargs would call it without any: don't.
 */
export function forEachName(
  words: readonly string[],
  names: Iterable<string>,
): { script: string; input: Iterable<string> } {
  return {
    script: `sed 's/ /\\\\ /g' | xargs "$@" ${quoteCommand(words)}`,
    input: joinPieces(listLines(names)),
  };
}

function* listLines(names: Iterable<string>): Generator<string> {
  for (const name of names) yield `${name}\n`;
}

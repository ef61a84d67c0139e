/** A word that every POSIX shell reads back as it was; plain words stay readable. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./:@=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** One command of a POSIX shell script, each word quoted so that it arrives as it is. */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

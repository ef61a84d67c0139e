/**
 * The words of a command line as a POSIX shell takes it apart, where it has quotes and backslashes and nothing else that means something
 * to a shell.
 * @throws Error for a quote without its end
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const pieces = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(.)/gsu;
  let word: string | undefined;
  for (const [piece, single, double, escaped, plain, stray] of line.matchAll(pieces)) {
    if (stray !== undefined) throw new Error(`unfinished ${stray} in ${line}`);
    if (piece.trim() === '') {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const inDouble = double?.replaceAll(/\\(["\\$`])/g, '$1');
    word = `${word ?? ''}${single ?? inDouble ?? escaped ?? plain ?? ''}`;
  }
  return word === undefined ? words : [...words, word];
}

/** What `-d`, `-s` and `-v` mean when they stand before the command. */
const globalFlags: Readonly<Record<string, string>> = { d: '--debug', s: '--sudo', v: '--verbose' };

/**
 * Rewrites the command line so that each option means one thing: before the command `-d` is debug, after it the
 * destination. Also gives the attached form of `-n` and `-d` (`-ndebian-7`) its space, which clipanion doesn't know.
 */
export function normalizeArguments(argv: readonly string[]): string[] {
  const commandIndex = argv.findIndex((word) => !word.startsWith('-'));
  const before = commandIndex < 0 ? argv : argv.slice(0, commandIndex);
  const after = commandIndex < 0 ? [] : argv.slice(commandIndex);
  return [...before.flatMap(expandGlobalFlags), ...separateValues(after)];
}

function expandGlobalFlags(word: string): string[] {
  if (!/^-[dsv]+$/.test(word)) return [word];
  return Array.from(word.slice(1), (letter) => globalFlags[letter] ?? `-${letter}`);
}

function separateValues(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  const options = end < 0 ? words : words.slice(0, end);
  const rest = end < 0 ? [] : words.slice(end);
  const separated = options.flatMap((word, index) => {
    const isValue = ['-n', '-d'].includes(words[index - 1] ?? '');
    return !isValue && /^-[nd]./.test(word) ? [word.slice(0, 2), word.slice(2)] : [word];
  });
  return [...separated, ...rest];
}

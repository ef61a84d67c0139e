/** What `-d`, `-s` and `-v` mean when they stand before the command. */
const globalFlags: Readonly<Record<string, string>> = { d: '--debug', s: '--sudo', v: '--verbose' };

/** The short options that take a value; after a command only. */
const valueFlags = ['-n', '-d', '-j', '-m', '-o', '-x'];

/** The long options that take a value and may stand before the command, with an example of one. */
const globalValueExamples: ReadonlyMap<string, string> = new Map([
  ['--transport', 'openssh'],
  ['--config', 'FILE'],
]);

/** How an option that may stand before the command is written with its value; undefined for one that takes none, or may not. */
export function showGlobalValue(option: string): string | undefined {
  const example = globalValueExamples.get(option);
  return example === undefined ? undefined : `${option} ${example}`;
}

/**
 * Rewrites the command line so that each option means one thing: before the command `-d` is debug, after it the
 * destination. Also takes apart what clipanion doesn't know: a value right after its option (`-ndebian-7`, `-n=debian-7`), and
 * short options in one word of which the last takes a value (`-svd tank/vm`).
 */
export function normalizeArguments(words: readonly string[]): string[] {
  const argv = joinGlobalValues(words);
  const commandIndex = argv.findIndex((word) => !word.startsWith('-'));
  const before = commandIndex < 0 ? argv : argv.slice(0, commandIndex);
  const after = commandIndex < 0 ? [] : argv.slice(commandIndex);
  return [...before.flatMap(expandGlobalFlags), ...separateValues(after)];
}

/** Makes one word of a global option and its value, which would otherwise look like the command. */
function joinGlobalValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const option = words[index - 1] ?? '';
    const isValue = globalValueExamples.has(option) && joined.at(-1) === option;
    if (isValue && !words.slice(0, index).includes('--')) {
      joined.splice(-1, 1, `${option}=${word}`);
    } else {
      joined.push(word);
    }
  }
  return joined;
}

function expandGlobalFlags(word: string): string[] {
  if (!/^-[dsv]+$/.test(word)) return [word];
  return Array.from(word.slice(1), (letter) => globalFlags[letter] ?? `-${letter}`);
}

function separateValues(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  const options = end < 0 ? words : words.slice(0, end);
  const rest = end < 0 ? [] : words.slice(end);
  const separated: string[] = [];
  for (const word of options) {
    const isValue = valueFlags.includes(separated.at(-1) ?? '');
    const [, plain = '', flag = '', mark = '', value = ''] =
      /^-([rsv]*)([ndjmox])(=?)(.*)$/s.exec(word) ?? [];
    if (isValue || flag === '') {
      separated.push(word);
    } else {
      separated.push(...Array.from(plain, (letter) => `-${letter}`), ...bindValue(`-${flag}`, mark, value));
    }
  }
  return [...separated, ...rest];
}

/** A short option and what stands in one word with it. What is empty, or begins with `-`, is no value to clipanion in a word of its own. */
function bindValue(option: string, mark: string, value: string): string[] {
  if (value.startsWith('-') || (value === '' && mark !== '')) return [`${option}=${value}`];
  return value === '' ? [option] : [option, value];
}

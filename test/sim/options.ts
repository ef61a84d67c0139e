/** The options of a call, by their letters, and the words that are none. */
export interface Options {
  /** Whether an option is there. */
  readonly has: (letter: string) => boolean;
  /** The value that was given last with an option. */
  readonly value: (letter: string) => string | undefined;
  /** All values that were given with an option. */
  readonly values: (letter: string) => readonly string[];
  readonly operands: readonly string[];
}

/**
 * Reads options as getopt does, but for their order: they may stand behind words, too.
 * @param specification letters, each followed by `:` if it takes a value
 * @throws Error for an option that isn't known
 */
export function readOptions(words: readonly string[], specification: string): Options {
  const found = new Map<string, string[]>();
  const operands: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    for (let letters = word.slice(1); letters !== '';) {
      const letter = letters.slice(0, 1);
      letters = letters.slice(1);
      const place = specification.indexOf(letter);
      if (place < 0 || letter === ':') throw new Error(`a simulated zfs has no option -${letter} here`);
      const takesValue = specification[place + 1] === ':';
      const value = takesValue ? letters || rest.shift() : '';
      if (value === undefined) throw new Error(`a value is missing for -${letter}`);
      found.set(letter, [...(found.get(letter) ?? []), value]);
      if (takesValue) break;
    }
  }
  return {
    has: (letter) => found.has(letter),
    value: (letter) => found.get(letter)?.at(-1),
    values: (letter) => found.get(letter) ?? [],
    operands,
  };
}

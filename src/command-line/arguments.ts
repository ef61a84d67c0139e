import type { CommandDefinition } from './command-definition.js';
import { globalOptions, helpOption } from './global-options.js';
import type { OptionDefinition, ValueDefinition } from './option.js';

const globals: readonly OptionDefinition[] = Object.values(globalOptions);

/** What single letters mean before the command: `-d` is debug there, whatever it means after it. */
const globalFlags: ReadonlyMap<string, string> = new Map(
  globals.flatMap((option) => {
    if (option.kind !== 'flag') return [];
    const long = option.names.at(-1) ?? '';
    return [option.nameBefore ?? '', ...option.names]
      .filter(isShort)
      .map((name): [string, string] => [name.slice(1), long]);
  }),
);

const globalValues = globals.filter((option) => option.kind === 'value');

/** How an option that may stand before the command is written with its value; undefined for one that takes none, or may not. */
export function showGlobalValue(option: string): string | undefined {
  const found = findGlobalValue(option);
  return found === undefined ? undefined : `${option} ${found.valueName}`;
}

function findGlobalValue(option: string): ValueDefinition | undefined {
  return globalValues.find(({ names }) => names.includes(option));
}

/** Whether a word, as `normalizeArguments` gives it, is one of the options that may stand before the command. */
export function isGlobalOption(word: string): boolean {
  if (word.includes('=')) return findGlobalValue(word.slice(0, word.indexOf('='))) !== undefined;
  return globals.some(({ kind, names }) => {
    const long = names.at(-1) ?? '';
    return kind === 'flag' && (word === long || word === `--no-${long.slice(2)}`);
  });
}

/** Whether a word before the command asks for help. */
export function isHelpWord(word: string): boolean {
  return word === 'help' || helpOption.names.includes(word);
}

/** The words before `--`, after which nothing is an option. */
export function withoutOperands(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}

/** A command that a command line names. */
export interface FoundCommand<Command> {
  readonly command: Command;
  /** What it is called there, e.g. `plan push`. */
  readonly name: readonly string[];
  /** All other words. */
  readonly words: string[];
}

/** What has a definition: a command, as a class or whatever makes one. */
export interface Defined {
  readonly definition: CommandDefinition;
}

/** Finds the command that a command line, as `normalizeArguments` gives it, names. */
export function findCommand<Command extends Defined>(
  argv: readonly string[],
  commands: readonly Command[],
): FoundCommand<Command> | undefined {
  const first = argv.findIndex((candidate) => !isGlobalOption(candidate) && !isHelpWord(candidate));
  if (first < 0) return undefined;
  for (const command of commands) {
    for (const name of command.definition.names) {
      if (name.every((word, index) => word === argv[first + index])) {
        return { command, name, words: argv.toSpliced(first, name.length) };
      }
    }
  }
  return undefined;
}

/**
 * Rewrites the command line so that each option means one thing: before the command `-d` is debug, after it the
 * destination. Also takes apart what clipanion doesn't know: a value right after its option (`-ndebian-7`, `-n=debian-7`), and
 * short options in one word of which the last takes a value (`-svd tank/vm`).
 */
export function normalizeArguments(words: readonly string[], commands: readonly Defined[]): string[] {
  const argv = joinGlobalValues(words);
  const commandIndex = argv.findIndex((word) => !word.startsWith('-'));
  const before = commandIndex < 0 ? argv : argv.slice(0, commandIndex);
  const after = commandIndex < 0 ? [] : argv.slice(commandIndex);
  return [...before.flatMap(expandGlobalFlags), ...separateValues(after, listLetters(after, commands))];
}

/** Makes one word of a global option and its value, which would otherwise look like the command. */
function joinGlobalValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const option = words[index - 1] ?? '';
    const isValue = findGlobalValue(option) !== undefined && joined.at(-1) === option;
    if (isValue && !words.slice(0, index).includes('--')) {
      joined.splice(-1, 1, `${option}=${word}`);
    } else {
      joined.push(word);
    }
  }
  return joined;
}

function expandGlobalFlags(word: string): string[] {
  const letters = /^-[a-z]+$/.test(word) ? Array.from(word.slice(1)) : [];
  const flags = letters.flatMap((letter) => globalFlags.get(letter) ?? []);
  return flags.length > 0 && flags.length === letters.length ? flags : [word];
}

/** The letters of the short options after a command: those without a value, and those with one. */
interface Letters {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

function listLetters(argv: readonly string[], commands: readonly Defined[]): Letters {
  const own = findCommand(argv, commands)?.command.definition.options ?? {};
  const lettersOf = (kind: OptionDefinition['kind']): Set<string> =>
    new Set(
      [...Object.values(own), ...globals]
        .filter((option) => option.kind === kind)
        .flatMap(({ names }) => names.filter(isShort).map((name) => name.slice(1))),
    );
  return { flags: lettersOf('flag'), values: lettersOf('value') };
}

function isShort(name: string): boolean {
  return /^-[A-Za-z]$/.test(name);
}

function separateValues(words: readonly string[], { flags, values }: Letters): string[] {
  const end = words.indexOf('--');
  const options = end < 0 ? words : words.slice(0, end);
  const rest = end < 0 ? [] : words.slice(end);
  const separated: string[] = [];
  for (const word of options) {
    const before = separated.at(-1) ?? '';
    const isValue = isShort(before) && values.has(before.slice(1));
    const [, letters = '', mark = '', value = ''] = /^-([A-Za-z]+)(=?)(.*)$/s.exec(word) ?? [];
    const first = Array.from(letters).findIndex((letter) => !flags.has(letter));
    const letter = letters[first];
    if (isValue || letter === undefined || !values.has(letter)) {
      separated.push(word);
      continue;
    }
    const behind = `${letters.slice(first + 1)}${mark}${value}`;
    separated.push(
      ...Array.from(letters.slice(0, first), (plain) => `-${plain}`),
      ...bindValue(`-${letter}`, behind.startsWith('=') ? '=' : '', behind.replace(/^=/, '')),
    );
  }
  return [...separated, ...rest];
}

/** A short option and what stands in one word with it. What is empty, or begins with `-`, is no value to clipanion in a word of its own. */
function bindValue(option: string, mark: string, value: string): string[] {
  if (value.startsWith('-') || (value === '' && mark !== '')) return [`${option}=${value}`];
  return value === '' ? [option] : [option, value];
}

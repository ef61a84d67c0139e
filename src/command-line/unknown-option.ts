import { quoteCommand } from '../base/shell.js';
import { findNearest } from '../base/similar.js';
import type { CommandDescription } from './describe-command.js';
import { adviseOnForeignOption } from './foreign-options.js';

/** The option that a word names, without the value in the same word: `--json` of `--json=1`. */
export function optionIn(word: string): string {
  return word.split('=', 1)[0] ?? '';
}

/** The names that options have after the command: `-d` is debug only before it. */
export function namesAfterCommand({ options }: CommandDescription): string[] {
  return options.flatMap(({ names, nameBefore }) => names.filter((name) => name !== nameBefore));
}

/**
 * Says of a word that is no option of a command which one was meant: one with a similar name, what does here what another program has it for,
 * or an option of another command.
 * @param others all commands
 */
export function describeUnknownOption(
  word: string,
  command: CommandDescription,
  others: readonly CommandDescription[],
): { readonly summary: string; readonly hint: string } {
  const { name } = command;
  const known = namesAfterCommand(command);
  const option = findUnknown(word, known);
  const nearest = known.includes(option) ? option : findNearest(option, known);
  const advice = nearest === undefined ? adviseOnForeignOption(option, known) : undefined;
  const elsewhere = advice === undefined ? describeElsewhere(option, command, others) : [];
  const isPart = /^-[A-Za-z]/.test(word) && option !== optionIn(word);
  const parts = [
    `${name}: unknown option ${JSON.stringify(isPart ? option : word)}${isPart ? ` in ${JSON.stringify(word)}` : ''}`,
    ...(nearest === undefined ? elsewhere : [`did you mean "${nearest}"?`]),
  ];
  return {
    summary: parts.join('; '),
    hint: advice ?? quoteCommand(['zfs-vm', ...name.split(' '), '--help']),
  };
}

/** The option of a word that is unknown: of several letters in one word, the first such. */
function findUnknown(word: string, known: readonly string[]): string {
  const [, letters] = /^-([A-Za-z]+)/.exec(word) ?? [];
  if (letters === undefined) return optionIn(word);
  return (
    Array.from(letters, (letter) => `-${letter}`).find((each) => !known.includes(each)) ?? optionIn(word)
  );
}

/** How many commands are named. */
const mostNamed = 3;

/** Where an option exists that a command has not, or one that is spelt otherwise; nothing where no command has it. */
function describeElsewhere(
  option: string,
  { options }: CommandDescription,
  others: readonly CommandDescription[],
): string[] {
  const there = others.flatMap(namesAfterCommand).find((name) => simplify(name) === simplify(option));
  const commands = others.filter((other) => there !== undefined && namesAfterCommand(other).includes(there));
  const before = options.find(({ nameBefore }) => nameBefore === option)?.names.at(-1);
  return [
    ...(before === undefined ? [] : [`before the command it means ${before}`]),
    ...(there === undefined
      ? []
      : [`${there} is an option of ${listSome(commands.map(({ name }) => name))}`]),
  ];
}

/** A name without what people leave out or change: hyphens within, and case. A single letter is another option in the other case. */
function simplify(name: string): string {
  const [, dashes = '', word = ''] = /^(-*)(.*)$/s.exec(name) ?? [];
  return word.length <= 1 ? name : dashes + word.replaceAll('-', '').toLowerCase();
}

function listSome(names: readonly string[]): string {
  const named = names.slice(0, mostNamed);
  if (names.length > mostNamed) return `${named.join(', ')} and others`;
  return [named.slice(0, -1).join(', '), named.at(-1) ?? ''].filter((part) => part !== '').join(' and ');
}

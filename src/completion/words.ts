import type { CommandDescription, OptionDescription } from '../command-line/describe-command.js';
import type { WordKind } from '../command-line/option.js';

/** The shells that have completions. */
export const completedShells = ['bash', 'zsh', 'fish'] as const;

/** The command that prints values for completions, as words after the program's name; the kind of value and the beginning follow. */
export const valuesCommand = ['completion', 'values'] as const;

/** Kinds whose values `zfs-vm completion values` lists. */
const listedKinds = [
  ...['container', 'dataset', 'host', 'pattern', 'version'],
  ...['property', 'property-list', 'property-value'],
] as const satisfies readonly WordKind[];

export type ListedKind = (typeof listedKinds)[number];

/** Whether the program lists the values of a kind. */
export function isListed(kind: string): kind is ListedKind {
  return (listedKinds as readonly string[]).includes(kind);
}

/** A value as a completion script needs it: where its values come from. */
export type ValueSource =
  | { readonly from: 'program'; readonly kind: ListedKind }
  | { readonly from: 'words'; readonly words: readonly string[] }
  | { readonly from: 'files' }
  | { readonly from: 'nothing' };

/** Where the values of an option or operand come from. */
export function sourceOf({
  kind,
  choices = [],
}: {
  readonly kind: WordKind;
  readonly choices?: readonly string[];
}): ValueSource {
  if (choices.length > 0) return { from: 'words', words: choices };
  if (kind === 'file') return { from: 'files' };
  return isListed(kind) ? { from: 'program', kind } : { from: 'nothing' };
}

/** A command by one of its names. */
export interface NamedCommand extends CommandDescription {
  /** The name as its words, e.g. `plan push`. */
  readonly called: readonly string[];
}

/** Every command by every name that it has. */
export function listByName(commands: readonly CommandDescription[]): NamedCommand[] {
  return commands.flatMap((command) =>
    command.names.map((name) => ({ ...command, called: name.split(' ') })),
  );
}

/** The words that may follow some words of a command's name, each with what it does. */
export function listNextWords(
  named: readonly NamedCommand[],
  before: readonly string[],
): (readonly [word: string, description: string])[] {
  const next = new Map<string, string>();
  for (const { called, description } of named) {
    const word = called[before.length];
    if (word === undefined || !before.every((each, index) => called[index] === each)) continue;
    const isWhole = called.length === before.length + 1;
    if (isWhole) next.set(word, before.length === 0 ? description : `only show: ${description}`);
    else if (!next.has(word)) next.set(word, 'show what a command would do, and do nothing');
  }
  return [...next];
}

/** The words that commands of several words begin with, e.g. `plan`. */
export function listFirstWords(named: readonly NamedCommand[]): string[] {
  return [...new Set(named.flatMap(({ called }) => (called.length > 1 ? called.slice(0, 1) : [])))];
}

/** The names of an option that mean something after the command: `-d` is debug only before it. */
export function namesAfter(option: OptionDescription, all: readonly OptionDescription[]): string[] {
  const isTaken = (name: string): boolean =>
    option.isGlobal && all.some((other) => !other.isGlobal && other.names.includes(name));
  return option.names.filter((name) => name !== option.nameBefore && !isTaken(name));
}

/** A text in single quotes, for sh, bash and zsh. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

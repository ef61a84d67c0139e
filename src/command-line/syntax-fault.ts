import { ZfsVmError } from '../base/errors.js';
import { quoteWord } from '../base/shell.js';
import type { CommandDefinition } from './command-definition.js';
import { withoutOperands } from './arguments.js';
import { describeCommand, type CommandDescription } from './describe-command.js';
import { globalOptions } from './global-options.js';
import type { OptionDefinition, WordKind } from './option.js';
import { describeUnknownOption, namesAfterCommand, optionIn } from './unknown-option.js';

/** What is wrong with the words of a command, and what to do about it. */
export interface SyntaxFault {
  readonly summary: string;
  /** Undefined where how the command is called says it. */
  readonly hint: string | undefined;
}

/**
 * Puts what clipanion has found wrong into our words, where its own are about how it works.
 * @param complaint the first line of its message
 * @param words those that it was given
 * @param definitions of its command, and of all commands
 */
export function describeSyntaxFault(
  complaint: string,
  words: readonly string[],
  { definition, all }: { readonly definition: CommandDefinition; readonly all: readonly CommandDefinition[] },
): SyntaxFault {
  const command = describeCommand(definition);
  const explainUnknown = (word: string): SyntaxFault =>
    describeUnknownOption(word, command, all.map(describeCommand));
  const [, option] = /^Not enough arguments to option (\S+)\.$/.exec(complaint) ?? [];
  if (option !== undefined) return describeMissingValue(option, words, definition);
  const [, extra] = /^Extraneous positional argument \((.*)\)\.$/.exec(complaint) ?? [];
  if (complaint.startsWith('Command not found')) {
    // Several things may be wrong with it then, and an option that isn't there is the plainest one.
    const [unsupported] = withoutOperands(words).filter((word) => !isKnown(word, command));
    if (unsupported !== undefined) return explainUnknown(unsupported);
  }
  if (extra !== undefined || complaint.startsWith('Command not found')) {
    const summary =
      extra === undefined ? describeExtraOperand(words, definition) : `unexpected argument ${extra}`;
    return { summary, hint: undefined };
  }
  if (complaint.startsWith('Not enough positional arguments')) {
    return { summary: describeMissingOperand(words, definition), hint: undefined };
  }
  const [, unknown] = /^(?:Unsupported|Invalid) option name \("(.*)"\)/s.exec(complaint) ?? [];
  if (unknown !== undefined) return explainUnknown(unknown);
  return { summary: complaint.replace(/[:.]$/, ''), hint: undefined };
}

/** Which of the required operands is missing, e.g. `missing argument: HOST`. */
function describeMissingOperand(words: readonly string[], definition: CommandDefinition): string {
  const required = Object.values(definition.operands).filter(({ isRequired }) => isRequired);
  const missing = required[listOperands(words, definition).length] ?? required.at(-1);
  return missing === undefined ? 'missing argument' : `missing argument: ${missing.name}`;
}

/** Which word is one too many, e.g. `unexpected argument "b"`. */
function describeExtraOperand(words: readonly string[], definition: CommandDefinition): string {
  const extra = listOperands(words, definition)[Object.keys(definition.operands).length];
  return extra === undefined
    ? 'unexpected argument or misplaced option'
    : `unexpected argument ${JSON.stringify(extra)}`;
}

/** The words that are neither options nor their values. */
export function listOperands(words: readonly string[], { options }: CommandDefinition): string[] {
  const withValue = Object.values(options).flatMap(({ kind, names }) => (kind === 'value' ? names : []));
  return words.filter((word, index) => !word.startsWith('-') && !withValue.includes(words[index - 1] ?? ''));
}

/** Whether a word is no option, or one that the command has. */
function isKnown(word: string, command: CommandDescription): boolean {
  const names = new Set(namesAfterCommand(command));
  const name = optionIn(word);
  if (name.startsWith('--')) return names.has(name) || names.has(name.replace(/^--no-/, '--'));
  return !name.startsWith('-') || Array.from(name.slice(1)).every((letter) => names.has(`-${letter}`));
}

/** Values that are numbers, of which none is negative. */
const countedKinds: readonly WordKind[] = ['duration', 'number', 'rate'];

/** clipanion takes what begins with `-` for an option, wherever it stands. */
function describeMissingValue(
  option: string,
  words: readonly string[],
  { options }: CommandDefinition,
): SyntaxFault {
  const next = words.find((word, index) => words[index - 1] === option && word.startsWith('-'));
  const all: OptionDefinition[] = [...Object.values(options), ...Object.values(globalOptions)];
  const names = all.map((each) => each.names);
  const isOption = next === undefined || next === '--' || names.flat().includes(optionIn(next));
  if (isOption) return { summary: `${option} needs a value`, hint: undefined };
  const definition = all.find((each) => each.names.includes(option));
  const longName = definition?.names.at(-1) ?? option;
  return (
    findNumberFault(definition, next) ?? {
      summary: `${option} needs a value, but ${JSON.stringify(next)} looks like an option`,
      hint: `to pass a value that begins with -, use ${longName}=${quoteWord(next)}`,
    }
  );
}

/** What is wrong with a negative number as the value of an option; undefined where the option takes no number, or the word is none. */
function findNumberFault(option: OptionDefinition | undefined, word: string): SyntaxFault | undefined {
  if (option?.kind !== 'value' || !countedKinds.includes(option.valueKind) || !/^-\d/.test(word)) {
    return undefined;
  }
  try {
    option.toValue([word], { name: option.names.at(-1) ?? '', isGiven: () => false });
    return undefined;
  } catch (error) {
    return error instanceof ZfsVmError ? { summary: error.message, hint: error.hint } : undefined;
  }
}

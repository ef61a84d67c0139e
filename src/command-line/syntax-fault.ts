import { didYouMean } from '../base/similar.js';
import { quoteWord } from '../base/shell.js';
import type { CommandDefinition } from './command-definition.js';
import { withoutOperands } from './arguments.js';
import { describeCommand, type CommandDescription } from './describe-command.js';

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
 */
export function describeSyntaxFault(
  complaint: string,
  words: readonly string[],
  definition: CommandDefinition,
): SyntaxFault {
  const command = describeCommand(definition);
  const [, option] = /^Not enough arguments to option (\S+)\.$/.exec(complaint) ?? [];
  if (option !== undefined) return describeMissingValue(option, words, command);
  const [, extra] = /^Extraneous positional argument \((.*)\)\.$/.exec(complaint) ?? [];
  if (complaint.startsWith('Command not found')) {
    // Several things may be wrong with it then, and an option that isn't there is the plainest one.
    const [unsupported] = withoutOperands(words).filter((word) => !isKnown(word, command));
    if (unsupported !== undefined) return describeUnknownOption(unsupported, command);
  }
  if (extra !== undefined || complaint.startsWith('Command not found')) {
    const which = extra === undefined ? '' : `: ${extra}`;
    return { summary: `too many words, or one in the wrong place${which}`, hint: undefined };
  }
  if (complaint.startsWith('Not enough positional arguments')) {
    return { summary: 'a word is missing', hint: undefined };
  }
  const [, unknown] = /^(?:Unsupported|Invalid) option name \("(.*)"\)/s.exec(complaint) ?? [];
  if (unknown !== undefined) return describeUnknownOption(unknown, command);
  return { summary: complaint.replace(/[:.]$/, ''), hint: undefined };
}

/** Whether a word is no option, or one that the command has. */
function isKnown(word: string, { options }: CommandDescription): boolean {
  const names = new Set(options.flatMap((option) => option.names));
  const [name = ''] = word.split('=');
  if (name.startsWith('--')) return names.has(name) || names.has(name.replace(/^--no-/, '--'));
  return !name.startsWith('-') || Array.from(name.slice(1)).every((letter) => names.has(`-${letter}`));
}

function describeUnknownOption(option: string, { name, options }: CommandDescription): SyntaxFault {
  const known = options.flatMap(({ names }) => names);
  const [word = ''] = option.split('=', 1);
  const meant = didYouMean(word, known);
  return {
    summary: `${name} has no option ${JSON.stringify(option)}${meant}`,
    hint: `zfs-vm ${name} --help`,
  };
}

/** clipanion takes what begins with `-` for an option, wherever it stands. */
function describeMissingValue(
  option: string,
  words: readonly string[],
  { options }: CommandDescription,
): SyntaxFault {
  const next = words.find((word, index) => words[index - 1] === option && word.startsWith('-'));
  const names = options.map((each) => each.names);
  const isOption = next === undefined || next === '--' || names.flat().includes(next.replace(/=.*$/s, ''));
  if (isOption) return { summary: `${option} needs a value`, hint: undefined };
  const longName = names.find((each) => each.includes(option))?.at(-1) ?? option;
  return {
    summary: `${option} needs a value, and ${JSON.stringify(next)} is taken for an option`,
    hint: `a value that begins with - is written ${longName}=${quoteWord(next)}`,
  };
}

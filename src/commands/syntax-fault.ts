import { quoteWord } from '../base/shell.js';
import { listOptionNames, type DocumentedCommand } from './help.js';

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
  command: DocumentedCommand,
): SyntaxFault {
  const [, option] = /^Not enough arguments to option (\S+)\.$/.exec(complaint) ?? [];
  if (option !== undefined) return describeMissingValue(option, words, command);
  const [, extra] = /^Extraneous positional argument \((.*)\)\.$/.exec(complaint) ?? [];
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

function describeUnknownOption(option: string, command: DocumentedCommand): SyntaxFault {
  const called = command.names[0]?.join(' ') ?? '';
  const alike = listOptionNames(command)
    .flat()
    .map((name) => ({ name, shared: countShared(name, option) }))
    .filter(({ shared }) => shared >= leastShared)
    .sort((one, other) => other.shared - one.shared)[0];
  const help = `zfs-vm ${called} --help`;
  return {
    summary: `${called} has no option ${JSON.stringify(option)}`,
    hint: alike === undefined ? help : `${alike.name}, or see ${help}`,
  };
}

/** Two names are alike that begin with the same characters, so many with the dashes. */
const leastShared = 4;

function countShared(one: string, other: string): number {
  let count = 0;
  while (count < one.length && one[count] === other[count]) count++;
  return count;
}

/** clipanion takes what begins with `-` for an option, wherever it stands. */
function describeMissingValue(
  option: string,
  words: readonly string[],
  command: DocumentedCommand,
): SyntaxFault {
  const next = words.find((word, index) => words[index - 1] === option && word.startsWith('-'));
  const names = listOptionNames(command);
  const isOption = next === undefined || next === '--' || names.flat().includes(next.replace(/=.*$/s, ''));
  if (isOption) return { summary: `${option} needs a value`, hint: undefined };
  const longName = names.find((each) => each.includes(option))?.at(-1) ?? option;
  return {
    summary: `${option} needs a value, and ${JSON.stringify(next)} is taken for an option`,
    hint: `a value that begins with - is written ${longName}=${quoteWord(next)}`,
  };
}

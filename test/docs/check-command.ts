import { findCommand, normalizeArguments } from '../../src/command-line/arguments.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { readCommandWords } from '../command-line/read-line.js';
import { splitWords } from '../command-line/shell-words.js';

/** Words in capitals that stand for what the reader puts there, with something that may be put there. */
const placeholders: Readonly<Record<string, string>> = {
  DATASET: 'tank/vm',
  HOST: 'b',
  NAME: 'web',
  PARENT: 'tank/x',
  PLACE: 'tank/x',
  SIZE: '1G',
  SNAPSHOT: 'tank/vm@a',
  STREAMLINE: 'web',
  VERSION: '1',
};

/** How a subcommand of zfs or zpool is called: which options have a value, and how many operands there are. */
interface Form {
  readonly valued?: string;
  readonly least: number;
  readonly most: number;
}

const one: Form = { least: 1, most: 1 };
const two: Form = { least: 2, most: 2 };

/** Those that messages may show; without operands, each of them may be named. */
const forms: Readonly<Record<string, Form>> = {
  'zfs allow': { valued: 'u', ...two, most: 3 },
  'zfs change-key': { valued: 'o', ...one },
  'zfs clone': two,
  'zfs create': { valued: 'o', ...one },
  'zfs destroy': one,
  'zfs diff': { ...one, most: 2 },
  'zfs get': { ...one, most: 2 },
  'zfs holds': one,
  'zfs inherit': two,
  'zfs list': { valued: 'tod', least: 0, most: 1 },
  'zfs load-key': one,
  'zfs mount': { valued: 'o', ...one },
  'zfs promote': one,
  'zfs receive': one,
  'zfs release': two,
  'zfs rename': two,
  'zfs rollback': one,
  'zfs send': one,
  'zfs set': two,
  'zfs snapshot': one,
  'zfs version': { least: 0, most: 0 },
  'zpool export': one,
  'zpool import': one,
  'zpool status': one,
  'zpool upgrade': one,
};

/**
 * What is wrong with a command that is shown to people; undefined when it can be pasted and works, as far as its words say. A command of
 * zfs-vm is read as the program reads it. `...` at its end stands for more words.
 */
export function findCommandFault(command: string): string | undefined {
  const filled = command.replaceAll(/(?<![\w'-])[A-Z]{3,}(?![\w'])/g, (word) => placeholders[word] ?? word);
  try {
    const [program = '', ...words] = splitWords(filled.replace(/^sudo /, ''));
    return program === 'zfs-vm' ? findOwnFault(words) : findZfsFault(program, words);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The name of a command alone is a mention of it, e.g. in `see "zfs-vm tag"`; help is there for all. */
function findOwnFault(words: readonly string[]): string | undefined {
  if (words.length === 1 && ['...', '--help', '--version'].includes(words.join())) return undefined;
  const isMention = words.length === 1 || ['...', '--help'].includes(words.at(-1) ?? '');
  const named = isMention && words.length > 1 ? words.slice(0, -1) : words;
  const found = findCommand(normalizeArguments(named, commandClasses), commandClasses);
  if (found === undefined) return 'no such command';
  // What the completion scripts call is no shell, and in no help.
  if (named.join(' ') === 'completion values') return undefined;
  if (isMention) return found.words.length > 0 ? `unexpected ${found.words.join(' ')}` : undefined;
  readCommandWords(words);
  return undefined;
}

function findZfsFault(program: string, [subcommand = '', ...words]: readonly string[]): string | undefined {
  const form = forms[`${program} ${subcommand}`];
  if (form === undefined) return `no such command: ${program} ${subcommand}`;
  const isMention = words.every((word) => word.startsWith('-'));
  if (isMention) return undefined;
  const isValue = (index: number): boolean => {
    const [, letter] = /^-([A-Za-z])$/.exec(words[index - 1] ?? '') ?? [];
    return letter !== undefined && (form.valued ?? '').includes(letter);
  };
  const operands = words.filter((word, index) => !word.startsWith('-') && !isValue(index));
  return operands.length < form.least || operands.length > form.most
    ? `${operands.length} operands: ${operands.join(', ')}`
    : undefined;
}

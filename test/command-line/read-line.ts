import { findCommand, normalizeArguments } from '../../src/command-line/arguments.js';
import { readWords } from '../../src/command-line/run-command-line.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { splitWords } from './shell-words.js';

/**
 * What a command line comes to, by the keys of its command's definition.
 * @param line words with spaces between them, quoted as for a shell
 * @throws ZfsVmError `usage`
 */
export function readLine(line: string): Readonly<Record<string, unknown>> {
  return readCommandWords(splitWords(line));
}

/**
 * The same of words that are apart already.
 * @throws ZfsVmError `usage`
 */
export function readCommandWords(words: readonly string[]): Readonly<Record<string, unknown>> {
  const found = findCommand(normalizeArguments(words, commandClasses), commandClasses);
  if (found === undefined) throw new Error(`no command in "${words.join(' ')}"`);
  const definitions = commandClasses.map(({ definition }) => definition);
  return readWords(found.command.definition, found.words, definitions);
}

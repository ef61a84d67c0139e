import { findCommand, normalizeArguments } from '../../src/command-line/arguments.js';
import { readWords } from '../../src/command-line/run-command-line.js';
import { commandClasses } from '../../src/commands/all-commands.js';

/**
 * What a command line comes to, by the keys of its command's definition.
 * @param line words with spaces between them; `'...'` keeps them together
 * @throws ZfsVmError `usage`
 */
export function readLine(line: string): Readonly<Record<string, unknown>> {
  const words = Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain = '']) => quoted ?? plain);
  const found = findCommand(normalizeArguments(words, commandClasses), commandClasses);
  if (found === undefined) throw new Error(`no command in "${line}"`);
  return readWords(found.command.definition, found.words);
}

import { Cli } from 'clipanion';
import type { BaseCommand, CommandContext } from './base-command.js';

/** Options by their long names, as a command line had them: with a value, given, or left out. */
export type GivenOptions = Readonly<Record<string, string | boolean | undefined>>;

/** The words of options, for another command line: `--name=value`, or `--name`. What is false or undefined was not given. */
export function optionWords(options: GivenOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return [value === true ? `--${name}` : `--${name}=${value}`];
  });
}

/**
 * A command, with its options read, that does a part of another one.
 * @param words its name and options
 */
export function preparePart<Part extends BaseCommand>(
  partClass: new () => Part,
  words: string[],
  context: CommandContext,
): Part {
  const part: unknown = Cli.from<CommandContext>(partClass).process(words, context);
  if (part instanceof partClass) return part;
  throw new Error('a part of a command asks for help in a way that is not known');
}

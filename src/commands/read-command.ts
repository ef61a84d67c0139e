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
 * A command with its options read by clipanion, whose complaints are thrown as they are.
 * @param name what the command is called, e.g. `plan push`
 * @param words what follows the name, and options that stood before it
 */
export function readCommand<Wanted extends BaseCommand>(
  commandClass: new () => Wanted,
  name: readonly string[],
  words: string[],
  context: CommandContext,
): Wanted {
  const command: unknown = Cli.from<CommandContext>(commandClass).process(words, context);
  if (!(command instanceof commandClass)) throw new Error('a word asks for help in a way that is not known');
  command.path = [...name];
  return command;
}

import type { CommandClass as ClipanionClass } from 'clipanion';
import { ZfsVmError } from '../base/errors.js';
import { toPrintable } from '../base/printable.js';
import type { CommandDefinition } from '../command-line/command-definition.js';
import { flag, readText, value, type OptionDefinition } from '../command-line/option.js';
import type { CommandClass } from '../command-line/run-command-line.js';
import { describeSyntaxFault } from '../command-line/syntax-fault.js';
import type { BaseCommand, CommandContext } from './base-command.js';
import { readCommand } from './read-command.js';

/** A command whose options are fields that clipanion fills. */
interface ClipanionCommand extends ClipanionClass<CommandContext> {
  new (): BaseCommand;
  readonly names: readonly (readonly string[])[];
  readonly synopsis: string;
  readonly optionHelp: readonly (readonly [option: string, meaning: string])[];
}

/** Such a command among those that have a definition. */
export function wrapClipanionCommand(commandClass: ClipanionCommand): CommandClass<CommandContext> {
  const { names, synopsis, optionHelp, usage } = commandClass;
  const options = optionHelp.map(([option, help], index): [string, OptionDefinition] => [
    option,
    {
      ...makeOption(option, help),
      synopsis: index === 0 ? synopsis.slice(synopsis.indexOf(' ') + 1) : undefined,
    },
  ]);
  const definition: CommandDefinition = {
    names,
    description: usage?.description ?? '',
    details: usage?.details ?? '',
    examples: (usage?.examples ?? []).map(([purpose, line]) => [purpose, line.replace('$0 ', '')]),
    options: Object.fromEntries(options),
    operands: {},
  };
  const words = class {
    constructor() {
      throw new Error('made of words only');
    }

    static readonly definition = definition;

    static fromWords(words: string[], name: readonly string[], context: CommandContext): BaseCommand {
      try {
        return readCommand(commandClass, name, words, context);
      } catch (error) {
        const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
        const { summary, hint } = describeSyntaxFault(line, words, definition);
        throw new ZfsVmError('usage', toPrintable(summary), {
          hint: hint ?? `zfs-vm ${synopsis}`,
          cause: error,
        });
      }
    }

    validateAndExecute(): Promise<number> {
      throw new Error('made of words only');
    }
  };
  return words;
}

function makeOption(option: string, help: string): OptionDefinition {
  const names = option.match(/(?<![a-z-])--?[a-z-]+/g) ?? [];
  const [, valueName] = /[a-z] (\S+)$/.exec(option) ?? [];
  return valueName === undefined
    ? flag(names, help)
    : value(names, { value: valueName, kind: 'choice', help, read: readText });
}

import { Cli, Command, Option } from 'clipanion';
import type { CommandDefinition, OperandDefinition } from './command-definition.js';
import { globalOptions } from './global-options.js';
import type { OptionDefinition } from './option.js';

/** What was typed, sorted by what it is for. */
export interface SortedWords {
  /** For the key of each option that was given, what that was: a value, or whether it is on; each time that it was given. */
  readonly options: ReadonlyMap<string, readonly (string | boolean)[]>;
  /** For each key of its operands. */
  readonly operands: ReadonlyMap<string, readonly string[]>;
}

/**
 * Sorts the words of a command by its definition. This is all that clipanion does for us: it isn't told what a command is called, as it
 * makes a state machine for each name, and again for options before it, at every start; on a slow host that is half a second. Nor is it
 * told of options that nobody has mentioned, for which it makes dozens of states each.
 * @param words what follows the command's name, and options that stood before it
 * @throws clipanion's errors, which `describeSyntaxFault` puts into words
 */
export function parseWords(definition: CommandDefinition, words: string[]): SortedWords {
  const mentioned = listMentioned(words);
  const options = Object.entries<OptionDefinition>({ ...definition.options, ...globalOptions }).filter(
    ([, { names }]) => names.some((name) => mentioned.has(name)),
  );
  const operands = Object.entries(definition.operands);

  class Words extends Command {
    static override paths = [Command.Default];

    constructor() {
      super();
      // clipanion finds what it has to look for among the fields. The prefixes keep ours apart from its own.
      for (const [key, option] of options) this.#set(`option ${key}`, collectOption(option));
      for (const [key, operand] of operands) this.#set(`operand ${key}`, collectOperand(operand));
    }

    read(kind: 'option' | 'operand', key: string): readonly (string | boolean)[] {
      const found = this.#fields[`${kind} ${key}`];
      return found === undefined ? [] : ([found].flat() as (string | boolean)[]);
    }

    execute(): Promise<void> {
      return Promise.resolve();
    }

    #set(key: string, specification: unknown): void {
      this.#fields[key] = specification;
    }

    get #fields(): Record<string, unknown> {
      return this as unknown as Record<string, unknown>;
    }
  }

  const found: unknown = Cli.from(Words).process(words, Cli.defaultContext);
  if (!(found instanceof Words)) throw new Error('unknown request for help');
  return {
    options: new Map(options.map(([key]) => [key, found.read('option', key)])),
    operands: new Map(operands.map(([key]) => [key, found.read('operand', key) as string[]])),
  };
}

/** The names of options that may be meant by words. */
function listMentioned(words: readonly string[]): ReadonlySet<string> {
  return new Set(
    words.flatMap((word) => {
      const [name = ''] = word.split('=', 1);
      if (name.startsWith('--')) return [name, name.replace(/^--no-/, '--')];
      return name.startsWith('-') ? Array.from(name.slice(1), (letter) => `-${letter}`) : [];
    }),
  );
}

/** Has clipanion look for an option, and gives what it finds, each time that it was given. */
function collectOption({ names, kind }: OptionDefinition): unknown {
  return Option.makeCommandOption<unknown>({
    definition: (builder) => {
      const takesValue = kind === 'value';
      builder.addOption({ names: [...names], arity: takesValue ? 1 : 0, allowBinding: takesValue });
    },
    transformer: (_builder, _key, state) =>
      state.options.filter(({ name }) => names.includes(name)).map((given) => given.value as unknown),
  });
}

function collectOperand({ name, isRequired, isRepeatable }: OperandDefinition): unknown {
  return isRepeatable
    ? Option.Rest({ name, required: isRequired ? 1 : 0 })
    : Option.String({ name, required: isRequired });
}

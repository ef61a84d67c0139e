import type { ArgumentsOf, CommandDefinition } from '../command-line/command-definition.js';
import type { Call } from '../command-line/run-command-line.js';
import { BaseCommand, type CommandContext } from './base-command.js';

/** A command whose words are read by its definition. */
export abstract class DefinedCommand<Definition extends CommandDefinition> extends BaseCommand {
  /** What its options and operands come to. */
  readonly args: ArgumentsOf<Definition>;

  constructor({ args, name, context }: Call<ArgumentsOf<Definition>, CommandContext>) {
    super();
    this.args = args;
    this.path = [...name];
    this.context = context;
    const { sudo, verbose, debug, transport, configFile } = args as ArgumentsOf<CommandDefinition>;
    Object.assign(this, { sudo, verbose, debug, transport, configFile });
  }
}

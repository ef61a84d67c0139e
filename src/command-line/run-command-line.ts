import type { Writable } from 'node:stream';
import { exitCodes, ZfsVmError } from '../base/errors.js';
import { didYouMean } from '../base/similar.js';
import { toPrintable } from '../base/printable.js';
import { quoteCommand } from '../base/shell.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import {
  findCommand,
  isGlobalOption,
  isHelpWord,
  normalizeArguments,
  showGlobalValue,
  withoutOperands,
  type Defined,
} from './arguments.js';
import type { ArgumentsOf, CommandDefinition } from './command-definition.js';
import { describeGlobalOptions, formatSynopsis, nameOf } from './describe-command.js';
import { formatCommandHelp, formatGeneralHelp, listPlanned } from './help.js';
import { parseWords } from './parse-words.js';
import { readArguments } from './read-arguments.js';
import { refusePastedDash } from './pasted-dash.js';
import { describeSyntaxFault, listOperands } from './syntax-fault.js';

/** Where a run writes to. */
export interface Outputs {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command as it was called. */
export interface Call<Args, Context> {
  /** What its words come to (`ArgumentsOf`). */
  readonly args: Args;
  /** What it was called, e.g. `plan push`. */
  readonly name: readonly string[];
  /** All words of the command line, as `normalizeArguments` gives them. */
  readonly words: readonly string[];
  readonly context: Context;
}

/** A command with its words read. */
export interface Runnable {
  /** Does it. @returns the exit status. @throws ZfsVmError for whatever can't be done */
  readonly run: () => Promise<number>;
}

/** Something that makes commands of a kind: a class. */
export interface CommandClass<Context> extends Defined {
  new (call: Call<never, Context>): Runnable;
  /**
   * Tells what is wrong with the words in the way that they ask for, where that isn't the usual one.
   * @returns the exit status; undefined when it is the usual one
   */
  readonly tellFault?: (error: ZfsVmError, words: readonly string[], outputs: Outputs) => number | undefined;
}

/**
 * Runs a command line (without the program's name), and gives the exit status.
 * @param commands all that there are
 * @throws ZfsVmError for whatever can't be done
 */
export async function runCommandLine<Context extends Outputs>(
  words: readonly string[],
  commands: readonly CommandClass<Context>[],
  context: Context,
): Promise<number> {
  const { stdout, stderr, env } = context;
  const argv = normalizeArguments(words, commands);
  const definitions = commands.map(({ definition }) => definition);
  const [first] = argv;
  if (first === undefined) {
    stderr.write(formatGeneralHelp(definitions, chooseColors(stderr, env), findHelpWidth(stderr)));
    return exitCodes.usage;
  }
  const found = findCommand(argv, commands);
  if (asksForHelp(argv)) {
    if (found === undefined && !isAboutAll(argv)) throw describeNoCommand(argv, definitions);
    const colors = chooseColors(stdout, env);
    const help =
      found === undefined
        ? formatGeneralHelp(definitions, colors, findHelpWidth(stdout))
        : formatCommandHelp(found.command.definition, colors, findHelpWidth(stdout));
    stdout.write(help);
    return exitCodes.done;
  }
  let command: Runnable;
  try {
    command = parseCommandLine(argv, commands, context);
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    const status = found?.command.tellFault?.(error, withoutOperands(argv), context);
    if (status === undefined) throw error;
    return status;
  }
  return command.run();
}

/**
 * The command that a command line, as `normalizeArguments` gives it, names; with its words read.
 * @throws ZfsVmError `usage` when there is no such command, or they are wrong
 */
export function parseCommandLine<Context>(
  argv: readonly string[],
  commands: readonly CommandClass<Context>[],
  context: Context,
): Runnable {
  const found = findCommand(argv, commands);
  const definitions = commands.map(({ definition }) => definition);
  if (found === undefined) throw describeNoCommand(argv, definitions);
  const { command: commandClass, name, words } = found;
  const args = readWords(commandClass.definition, words, definitions);
  // They are of its own definition.
  return new commandClass({ args: args as never, name, words: argv, context });
}

/** Whether a command line (without the program's name) asks for all there is about an error. */
export function asksForDebug(words: readonly string[], commands: readonly Defined[]): boolean {
  return normalizeArguments(words, commands).includes('--debug');
}

/** How wide a help is: as the terminal, but no wider than what is read well. */
function findHelpWidth(stream: Writable): number | undefined {
  const width = findWidth(stream);
  return width === undefined ? undefined : Math.min(100, Math.max(40, width));
}

function asksForHelp(argv: readonly string[]): boolean {
  const words = withoutOperands(argv);
  return (
    words.find((word) => !isGlobalOption(word)) === 'help' || words.includes('--help') || words.includes('-h')
  );
}

/** Whether a command line that asks for help names no command, or only "plan". */
function isAboutAll(argv: readonly string[]): boolean {
  const words = listNameWords(argv);
  return words.length === 0 || (words.length === 1 && words[0] === 'plan');
}

/** The words among which the name of the command should be. */
function listNameWords(argv: readonly string[]): string[] {
  return argv.filter((word) => !isGlobalOption(word) && !isHelpWord(word));
}

function describeNoCommand(
  argv: readonly string[],
  definitions: readonly Pick<CommandDefinition, 'names'>[],
): ZfsVmError {
  const [first, second] = listNameWords(argv);
  refusePastedDash([first ?? '']);
  if (first === undefined) return new ZfsVmError('usage', 'missing command', { hint: 'zfs-vm --help' });
  const withValue = showGlobalValue(first);
  if (withValue !== undefined) {
    return new ZfsVmError('usage', `${first} needs a value`, { hint: `use ${withValue}` });
  }
  if (first === 'plan') {
    const planned = listPlanned(definitions);
    const instead =
      second === undefined ? '' : `, not ${JSON.stringify(second)}${didYouMean(second, planned)}`;
    return new ZfsVmError(
      'usage',
      `"plan" must be followed by ${planned.slice(0, -1).join(', ')} or ${planned.at(-1) ?? ''}${instead}`,
      { hint: 'zfs-vm plan push HOST' },
    );
  }
  const what = first.startsWith('-') ? `unknown global option "${first}"` : `unknown command "${first}"`;
  return new ZfsVmError('usage', `${toPrintable(what)}${suggest(first, definitions)}`, {
    hint: 'zfs-vm --help',
  });
}

/** What was meant by a word that is no command, or no option before it. */
function suggest(word: string, definitions: readonly Pick<CommandDefinition, 'names'>[]): string {
  const commands = definitions.flatMap(({ names }) => names.map(([name = '']) => name));
  const options = describeGlobalOptions().flatMap(({ names }) => names);
  return didYouMean(word, word.startsWith('-') ? options : new Set(commands));
}

/**
 * Reads the words of a command, as `normalizeArguments` gives them.
 * @param words what follows the command's name, and options that stood before it
 * @param all the definitions of all commands
 * @throws ZfsVmError `usage` when they are wrong
 */
export function readWords<Definition extends CommandDefinition>(
  definition: Definition,
  words: string[],
  all: readonly CommandDefinition[],
): ArgumentsOf<Definition> {
  return readArguments(definition, sortWords(definition, words, all));
}

function sortWords(
  definition: CommandDefinition,
  words: string[],
  all: readonly CommandDefinition[],
): ReturnType<typeof parseWords> {
  refusePastedDash(listOperands(withoutOperands(words), definition));
  try {
    return parseWords(definition, words);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [firstLine = ''] = message.split('\n');
    const { summary, hint } = describeSyntaxFault(firstLine, words, { definition, all });
    throw new ZfsVmError('usage', toPrintable(summary), {
      ...(hint === undefined && { details: [`usage: zfs-vm ${formatSynopsis(definition)}`] }),
      hint: hint ?? quoteCommand(['zfs-vm', ...nameOf(definition).split(' '), '--help']),
      cause: error,
    });
  }
}

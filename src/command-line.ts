import { readFileSync } from 'node:fs';
import { AbortCommand } from './commands/abort.js';
import { showGlobalValue } from './commands/arguments.js';
import { BaseCommand, type CommandContext } from './commands/base-command.js';
import { CloneCommand } from './commands/clone.js';
import { CopyCommand } from './commands/copy.js';
import { DiffCommand } from './commands/diff.js';
import { formatCommandHelp, formatGeneralHelp, listPlanned } from './commands/help.js';
import { ListCommand } from './commands/list.js';
import { readCommand } from './commands/read-command.js';
import { PruneCommand } from './commands/prune.js';
import { PullCommand } from './commands/pull.js';
import { PushCommand } from './commands/push.js';
import { StatusCommand, tellCheck } from './commands/status.js';
import { SyncCommand } from './commands/sync.js';
import { describeSyntaxFault } from './commands/syntax-fault.js';
import { TagCommand } from './commands/tag.js';
import { exitCodes, ZfsVmError } from './base/errors.js';
import { chooseColors } from './report/terminal/colors.js';
import { failCheck } from './report/status/status-check.js';
import { toPrintable } from './base/printable.js';

/** Every command there is; a new one is added here. */
export const commandClasses = [
  TagCommand,
  ListCommand,
  PushCommand,
  PullCommand,
  SyncCommand,
  CloneCommand,
  DiffCommand,
  CopyCommand,
  StatusCommand,
  PruneCommand,
  AbortCommand,
];

/**
 * Runs a command line, as `normalizeArguments` gives it, and gives the exit status.
 * @throws ZfsVmError for whatever can't be done
 */
export async function runCommandLine(argv: string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const [first] = argv;
  if (first === undefined) {
    stderr.write(formatGeneralHelp(commandClasses, chooseColors(stderr, env)));
    return exitCodes.usage;
  }
  if (first === '--version') {
    stdout.write(`zfs-vm ${readOwnVersion()}\n`);
    return exitCodes.done;
  }
  if (asksForHelp(argv)) {
    const colors = chooseColors(stdout, env);
    const found = findCommand(argv);
    const help =
      found === undefined
        ? formatGeneralHelp(commandClasses, colors)
        : formatCommandHelp(found.commandClass, colors);
    stdout.write(help);
    return exitCodes.done;
  }
  let command: BaseCommand;
  try {
    command = parseCommandLine(argv, context);
  } catch (error) {
    if (!(error instanceof ZfsVmError) || !asksForCheck(argv)) throw error;
    // Monitoring would take the status of a usage error for that of something critical.
    return tellCheck(failCheck(error.message), stdout);
  }
  return command.validateAndExecute();
}

function asksForHelp(argv: readonly string[]): boolean {
  const words = withoutOperands(argv);
  return (
    words.find((word) => !isGlobalOption(word)) === 'help' || words.includes('--help') || words.includes('-h')
  );
}

function asksForCheck(argv: readonly string[]): boolean {
  return findCommand(argv)?.commandClass === StatusCommand && withoutOperands(argv).includes('--check');
}

/** The words before `--`, after which nothing is an option. */
function withoutOperands(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}

function describeNoCommand(argv: readonly string[]): ZfsVmError {
  const [first, second] = argv.filter((word) => !isGlobalOption(word));
  if (first === undefined) return new ZfsVmError('usage', 'a command is missing', { hint: 'zfs-vm --help' });
  const withValue = showGlobalValue(first);
  if (withValue !== undefined) {
    return new ZfsVmError('usage', `${first} needs a value`, { hint: `zfs-vm ${withValue} COMMAND ...` });
  }
  if (first === 'plan') {
    const planned = listPlanned(commandClasses);
    const instead = second === undefined ? '' : `, and not ${JSON.stringify(second)}`;
    return new ZfsVmError(
      'usage',
      `after "plan" comes ${planned.slice(0, -1).join(', ')} or ${planned.at(-1) ?? ''}${instead}`,
      { hint: 'zfs-vm plan push HOST' },
    );
  }
  const what = first.startsWith('-') ? `no option "${first}" before the command` : `no command "${first}"`;
  return new ZfsVmError('usage', `there is ${toPrintable(what)}`, { hint: 'zfs-vm --help' });
}

/**
 * The command that a command line, as `normalizeArguments` gives it, names; with its options read.
 * @throws ZfsVmError `usage` when there is no such command, or they are wrong
 */
export function parseCommandLine(argv: readonly string[], context: CommandContext): BaseCommand {
  const found = findCommand(argv);
  if (found === undefined) throw describeNoCommand(argv);
  const { commandClass, name, words } = found;
  try {
    return readCommand<BaseCommand>(commandClass, name, words, context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [firstLine = ''] = message.split('\n');
    const { summary, hint } = describeSyntaxFault(firstLine, words, commandClass);
    throw new ZfsVmError('usage', toPrintable(summary), {
      hint: hint ?? `zfs-vm ${commandClass.synopsis}`,
      cause: error,
    });
  }
}

/** A command that a command line names. */
interface FoundCommand {
  readonly commandClass: (typeof commandClasses)[number];
  /** What it is called there, e.g. `plan push`. */
  readonly name: readonly string[];
  /** All other words. */
  readonly words: string[];
}

function findCommand(argv: readonly string[]): FoundCommand | undefined {
  const first = argv.findIndex((candidate) => !isGlobalOption(candidate) && candidate !== 'help');
  if (first < 0) return undefined;
  for (const commandClass of commandClasses) {
    for (const name of commandClass.names) {
      if (name.every((word, index) => word === argv[first + index])) {
        return { commandClass, name, words: argv.toSpliced(first, name.length) };
      }
    }
  }
  return undefined;
}

/** Whether a word, as `normalizeArguments` gives it, is one of the options that may stand before the command. */
function isGlobalOption(word: string): boolean {
  return (
    ['--debug', '--sudo', '--no-sudo', '--verbose'].includes(word) || /^--(transport|config)=/.test(word)
  );
}

function readOwnVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

import { readFileSync } from 'node:fs';
import { Cli } from 'clipanion';
import { AbortCommand } from './commands/abort.js';
import { BaseCommand, type CommandContext } from './commands/base-command.js';
import { CloneCommand } from './commands/clone.js';
import { CopyCommand } from './commands/copy.js';
import { DiffCommand } from './commands/diff.js';
import { formatCommandHelp, formatGeneralHelp } from './commands/help.js';
import { ListCommand } from './commands/list.js';
import { PruneCommand } from './commands/prune.js';
import { PullCommand } from './commands/pull.js';
import { PushCommand } from './commands/push.js';
import { StatusCommand } from './commands/status.js';
import { SyncCommand } from './commands/sync.js';
import { TagCommand } from './commands/tag.js';
import { exitCodes, ZfsVmError } from './errors.js';
import { chooseColors } from './report/colors.js';
import { toPrintable } from './printable.js';

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
  const commandClass = findCommandClass(argv);
  if (asksForHelp(argv)) {
    const colors = chooseColors(stdout, env);
    const help =
      commandClass === undefined
        ? formatGeneralHelp(commandClasses, colors)
        : formatCommandHelp(commandClass, colors);
    stdout.write(help);
    return exitCodes.done;
  }
  if (commandClass === undefined) throw describeNoCommand(argv);
  return parseCommand(commandClass, argv, context).validateAndExecute();
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words[0] === 'help' || words.includes('--help') || words.includes('-h');
}

function describeNoCommand(argv: readonly string[]): ZfsVmError {
  const [first = ''] = argv.filter((word) => !isGlobalOption(word));
  const what = first.startsWith('-') ? `no option "${first}" before the command` : `no command "${first}"`;
  return new ZfsVmError('usage', `there is ${toPrintable(what)}`, { hint: 'zfs-vm --help' });
}

/**
 * The command that a command line names, with its options read.
 * @throws ZfsVmError `usage` when they are wrong
 */
function parseCommand(
  commandClass: (typeof commandClasses)[number],
  argv: string[],
  context: CommandContext,
): BaseCommand {
  try {
    const command = Cli.from<CommandContext>(commandClass).process(argv, context);
    if (command instanceof BaseCommand) return command;
    throw new Error('a word asks for help in a way that is not known');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [firstLine = ''] = message.split('\n');
    const summary = firstLine.startsWith('Command not found')
      ? 'too many words, or one in the wrong place'
      : firstLine;
    throw new ZfsVmError('usage', toPrintable(summary.replace(/[:.]$/, '')), {
      hint: `zfs-vm ${commandClass.synopsis}`,
      cause: error,
    });
  }
}

function findCommandClass(argv: readonly string[]): (typeof commandClasses)[number] | undefined {
  const first = argv.findIndex((candidate) => !isGlobalOption(candidate) && candidate !== 'help');
  const words = first < 0 ? [] : argv.slice(first);
  return commandClasses.find((commandClass) =>
    commandClass.paths.some((path) => path.every((word, index) => word === words[index])),
  );
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

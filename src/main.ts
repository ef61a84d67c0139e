import { readFileSync } from 'node:fs';
import { Cli } from 'clipanion';
import { normalizeArguments } from './commands/arguments.js';
import { BaseCommand, type CommandContext } from './commands/base-command.js';
import { formatCommandHelp, formatGeneralHelp } from './commands/help.js';
import { ListCommand } from './commands/list.js';
import { PullCommand } from './commands/pull.js';
import { PushCommand } from './commands/push.js';
import { TagCommand } from './commands/tag.js';
import { exitCodeOf, ZfsVmError } from './errors.js';
import { chooseColors } from './report/colors.js';
import { toPrintable } from './printable.js';
import { formatError } from './report/error-text.js';

/** Every command there is; a new one is added here. */
const commandClasses = [TagCommand, ListCommand, PushCommand, PullCommand];

/** How long the hosts get to end what runs on them after an interrupt, before we leave anyway. */
const interruptGraceMs = 1800;

/**
 * Runs zfs-vm with a command line (without the program's name), reports whatever goes wrong on stderr, and gives the exit
 * status. Ctrl-C, SIGTERM and SIGHUP stop it: first in order, the second time at once.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupt.signal.aborted) leaveInterrupted();
    interrupt.abort(
      new ZfsVmError('interrupted', `interrupted by ${signal}`, {
        hint: 'what has been received is kept; run the same command again to go on',
      }),
    );
    setTimeout(leaveInterrupted, interruptGraceMs).unref();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  ignoreClosedOutputs();
  try {
    return await runCommandLine(normalizeArguments(argv), interrupt.signal);
  } catch (error) {
    const cause: unknown = interrupt.signal.aborted ? interrupt.signal.reason : error;
    const debug = normalizeArguments(argv).includes('--debug');
    process.stderr.write(formatError(cause, chooseColors(process.stderr, process.env), { debug }));
    return exitCodeOf(cause);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function runCommandLine(argv: string[], signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h') {
    const output = first === undefined ? stderr : stdout;
    output.write(formatGeneralHelp(commandClasses, chooseColors(output, env)));
    return first === undefined ? exitCodeOf(new ZfsVmError('usage', 'no command')) : 0;
  }
  if (first === '--version') {
    stdout.write(`zfs-vm ${readOwnVersion()}\n`);
    return 0;
  }
  const command = parseCommand(argv, { ...Cli.defaultContext, stdin, stdout, stderr, env, signal });
  if (command instanceof BaseCommand) return command.validateAndExecute();
  // The only other one there is: clipanion's stand-in for a command that was asked for its help.
  stdout.write(formatCommandHelp(findCommandClass(argv) ?? ListCommand, chooseColors(stdout, env)));
  return 0;
}

/**
 * The command that a command line names, with its options read.
 * @throws ZfsVmError `usage` when there is none, or its options are wrong
 */
function parseCommand(argv: string[], context: CommandContext): ReturnType<Cli<CommandContext>['process']> {
  const commandClass = findCommandClass(argv);
  if (commandClass === undefined) {
    const word = argv.find((candidate) => !candidate.startsWith('-')) ?? argv.join(' ');
    throw new ZfsVmError('usage', `there is no command "${toPrintable(word)}"`, { hint: 'zfs-vm --help' });
  }
  try {
    return Cli.from<CommandContext>(commandClasses).process(argv, context);
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
  const word = argv.find((candidate) => !candidate.startsWith('-'));
  return commandClasses.find((commandClass) => commandClass.paths.some(([name]) => name === word));
}

function readOwnVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function leaveInterrupted(): never {
  process.exit(exitCodeOf(new ZfsVmError('interrupted', 'interrupted')));
}

/** Somebody who reads our output may leave early (`zfs-vm list | head`): that is no reason to fail. */
function ignoreClosedOutputs(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

import { formatValues } from './completion/print-values.js';
import { valuesCommand } from './completion/words.js';
import { findConfigFiles } from './command-line/config-file.js';
import { asksForDebug, runCommandLine } from './command-line/run-command-line.js';
import { commandClasses } from './commands/all-commands.js';
import { RunJournalFiles } from './host/run-journal.js';
import { makePlatform } from './tasks/make-platform.js';
import { exitCodeOf, exitCodes, ZfsVmError } from './base/errors.js';
import { chooseColors } from './report/terminal/colors.js';
import { readProgramVersion } from './program-version.js';
import { formatError } from './report/error-text.js';
import { writeProse } from './report/terminal/wrap.js';

/** How long the hosts get to end what runs on them after an interrupt, before we leave anyway. */
export const interruptGraceMs = 600;

/**
 * Runs zfs-vm with a command line (without the program's name), reports whatever goes wrong on stderr, and gives the exit
 * status. Ctrl-C, SIGTERM and SIGHUP stop it: first in order, the second time at once.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  let graceTimer: NodeJS.Timeout | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupt.signal.aborted) leaveInterrupted();
    const reason = new ZfsVmError('interrupted', `interrupted by ${signal}`);
    // Before anything is stopped, which takes its time where there is much to stop.
    graceTimer = setTimeout(() => {
      writeProse(
        process.stderr,
        formatError(reason, chooseColors(process.stderr, process.env), { debug: false }),
      );
      leaveInterrupted();
    }, interruptGraceMs).unref();
    interrupt.abort(reason);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  watchOutputs(interrupt);
  try {
    const { stdout, stderr, env } = process;
    const context = {
      ...{ stdout, stderr, env },
      signal: interrupt.signal,
      platform: makePlatform(env),
      configFiles: findConfigFiles(env),
      runJournal: new RunJournalFiles(env),
      readProgramVersion,
    };
    const exitCode = answer(argv) ?? (await runCommandLine(argv, commandClasses, context));
    // What was written last may have failed, which is reported a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    interrupt.signal.throwIfAborted();
    return exitCode;
  } catch (error) {
    const wasInterrupted = error instanceof ZfsVmError && error.kind === 'interrupted';
    const cause: unknown = interrupt.signal.aborted && !wasInterrupted ? interrupt.signal.reason : error;
    const debug = asksForDebug(argv, commandClasses);
    writeProse(process.stderr, formatError(cause, chooseColors(process.stderr, process.env), { debug }));
    return exitCodeOf(cause);
  } finally {
    clearTimeout(graceTimer);
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** Answers what is no command. @returns the exit status; undefined where it is a command, or a mistake */
function answer(argv: readonly string[]): number | undefined {
  if (argv[0] === '--version') return tellVersion();
  if (!valuesCommand.every((word, index) => word === argv[index])) return undefined;
  process.stdout.write(formatValues(argv.slice(valuesCommand.length), process.env));
  return exitCodes.done;
}

function tellVersion(): number {
  process.stdout.write(`zfs-vm ${readProgramVersion()}\n`);
  return exitCodes.done;
}

function leaveInterrupted(): never {
  process.exit(exitCodes.interrupted);
}

/**
 * Somebody who reads our output may leave early (`zfs-vm list | head`, a terminal that is closed): that is no reason to fail.
 * Any other trouble with it, such as a full disk, ends the run in order.
 */
function watchOutputs(interrupt: AbortController): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO') return;
      interrupt.abort(new ZfsVmError('failed', `cannot write output: ${error.message}`));
    });
  }
}

import { pipeline } from 'node:stream/promises';
import { toCommandError } from './command-error.js';
import type { Endpoint } from './endpoint.js';
import { isSuccess } from './host.js';
import { printBeginMark, printEndMark } from './marks.js';
import { describeFlood, readLines, readTail } from './run-command.js';
import { quoteCommand } from '../base/shell.js';
import { joinPieces } from '../base/write-all.js';

/** How one of several calls of zfs ended. */
export interface CallEnd {
  readonly code: number;
  /** What it printed to either output. */
  readonly output: string;
}

/** How calls are run. */
export interface CallOptions {
  readonly signal: AbortSignal;
  /** How many characters each call may print. */
  readonly limit: number;
  /** Told of each call when it has ended: what was done before a host is lost, or the run is stopped, is known then. */
  readonly onEnd: (index: number, end: CallEnd) => void;
}

/** Stands before the first call's output, so that what a shell prints at login isn't taken for a part of it. */
const beginMark = 'zfs-vm: begin';

/** Stands behind each call's output, with its status. */
const endMark = 'zfs-vm: ended';

/** Stands behind the calls, so that it is noticed where the way to the host broke in the middle of them. */
export const lastCallLine = 'end of calls';

/** An awk program that lets lines through once the last one of all has come. */
export const onlyWhole = [
  `$0 == "${lastCallLine}" { for (i = 1; i < NR; i++) print line[i]; exit }`,
  '{ line[NR] = $0 }',
].join('\n');

/** Runs a call for each line of stdin, which has its words as a shell reads them. In it, `"$@"` calls zfs. */
const callEach = [
  `newline='\n'`,
  printBeginMark(beginMark),
  `awk '${onlyWhole}' | while IFS= read -r call; do`,
  `  eval '"$@"' "$call" '</dev/null 2>&1'`,
  `  ${printEndMark(endMark, '"$?"')}`,
  'done',
].join('\n');

/**
 * Runs calls of zfs one after another in one command, whatever comes of each. They are data that a short script reads: a script with
 * thousands of commands is more than some shells take, and bash ends with a segmentation fault at 11,000 in one pair of braces (5.2).
 * Where the connection broke in the middle of them, none is run.
 * @param calls the arguments of zfs
 * @throws ZfsVmError when not all of them were run, or one prints more than it may; the signal's reason when it is aborted
 */
export async function runCalls(
  { host, zfs }: Endpoint,
  calls: readonly (readonly string[])[],
  { signal, limit, onEnd }: CallOptions,
): Promise<void> {
  if (calls.length === 0) return;
  const flood = new AbortController();
  const command = await host.start(['sh', '-c', callEach, 'sh', ...zfs], {
    signal: AbortSignal.any([signal, flood.signal]),
  });
  // A command may end before it has read all: its exit says why, the broken pipe is only a symptom.
  const written = pipeline(joinPieces(toLines(calls)), command.stdin).catch(() => undefined);
  let ended = 0;
  let output: string | undefined;
  const [exit, stderr] = await Promise.all([
    command.exit,
    readTail(command.stderr),
    readLines(command.stdout, (line) => {
      const [, code] = /^zfs-vm: ended ([0-9]{1,3})$/.exec(line) ?? [];
      if (output === undefined) {
        if (line === beginMark) output = '';
      } else if (code === undefined || ended === calls.length) {
        output = flood.signal.aborted ? '' : `${output}${line}\n`;
        if (output.length > limit) flood.abort();
      } else {
        onEnd(ended++, { code: Number(code), output: output.trim() });
        output = '';
      }
    }),
    written,
  ]);
  signal.throwIfAborted();
  const what = nameCall(calls[ended] ?? []);
  if (flood.signal.aborted) throw describeFlood(host.name, what, limit);
  if (ended === calls.length && isSuccess(exit)) return;
  throw toCommandError(host.name, what, { exit, stderr });
}

/** The calls, a line each. A newline within a word is written as the variable that has one. */
function* toLines(calls: readonly (readonly string[])[]): Generator<string> {
  for (const words of calls) yield `${quoteCommand(words).replaceAll('\n', `'"$newline"'`)}\n`;
  yield `${lastCallLine}\n`;
}

/** What a call does, without what it does it to: `zfs send -n`, which sends nothing. */
function nameCall([subcommand = '', first = '']: readonly string[]): string {
  return `zfs ${subcommand}${first === '-n' ? ' -n' : ''}`;
}

/**
 * Runs calls of zfs as `runCalls` does, and gives what each of them printed.
 * @throws ZfsVmError as `runCalls` does; the signal's reason when it is aborted
 */
export async function readCalls(
  endpoint: Endpoint,
  calls: readonly (readonly string[])[],
  options: Omit<CallOptions, 'onEnd'>,
): Promise<string[]> {
  const outputs = calls.map(() => '');
  const onEnd = (index: number, { output }: CallEnd): void => {
    outputs[index] = output;
  };
  await runCalls(endpoint, calls, { ...options, onEnd });
  return outputs;
}

import { toCommandError } from '../command-error.js';
import type { Endpoint } from './endpoint.js';
import { isSuccess } from './host.js';
import { printBeginMark, printEndMark } from './marks.js';
import { describeFlood, readLines, readTail } from './run-command.js';
import { quoteCommand } from '../shell.js';

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

/**
 * Runs calls of zfs one after another in one command, whatever comes of each. The script is given on stdin, so that no command line
 * grows too long, and in braces: a shell runs what it reads line by line, and where the connection broke in the middle of a name, it
 * would take what had come for the whole.
 * @param calls the arguments of zfs
 * @throws ZfsVmError when not all of them were run, or one prints more than it may; the signal's reason when it is aborted
 */
export async function runCalls(
  { host, zfs }: Endpoint,
  calls: readonly (readonly string[])[],
  { signal, limit, onEnd }: CallOptions,
): Promise<void> {
  if (calls.length === 0) return;
  const lines = [
    printBeginMark(beginMark),
    ...calls.flatMap((words) => [
      `${quoteCommand([...zfs, ...words])} </dev/null 2>&1`,
      printEndMark(endMark, '"$?"'),
    ]),
  ];
  const script = ['{', ...lines, '}'];
  const flood = new AbortController();
  const command = await host.start(['sh', '-s'], { signal: AbortSignal.any([signal, flood.signal]) });
  command.stdin.on('error', () => undefined);
  command.stdin.end(`${script.join('\n')}\n`);
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
  ]);
  signal.throwIfAborted();
  const what = nameCall(calls[ended] ?? []);
  if (flood.signal.aborted) throw describeFlood(host.name, what, limit);
  if (ended === calls.length && isSuccess(exit)) return;
  throw toCommandError(host.name, what, { exit, stderr });
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

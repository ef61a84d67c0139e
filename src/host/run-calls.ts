import { pipeline } from 'node:stream/promises';
import { toCommandError } from './command-error.js';
import type { Endpoint } from './endpoint.js';
import { isSuccess } from './host.js';
import { describeFlood, readLines, readTail } from './run-command.js';
import { joinPieces } from '../base/write-all.js';
import { beginCallsMark, callEach, endedCallPattern, toCallLines } from '../requests/call-script.js';
import { callOf, type CallKind } from '../requests/render.js';
import type { RecordOf } from '../requests/request.js';
import { argvOf, inputOf } from './ask.js';

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

/** Several calls in one command. */
interface Calls {
  readonly argv: readonly string[];
  /** What goes to its stdin. */
  readonly input: Iterable<string> | AsyncIterable<string>;
  /** The arguments of zfs. */
  readonly calls: readonly (readonly string[])[];
}

/**
 * Runs calls of zfs one after another in one command, whatever comes of each. Where the connection broke in the middle of them, none is
 * run.
 * @param calls the arguments of zfs
 * @throws ZfsVmError when not all of them were run, or one prints more than it may; the signal's reason when it is aborted
 */
export async function runCalls(
  endpoint: Endpoint,
  calls: readonly (readonly string[])[],
  options: CallOptions,
): Promise<void> {
  const argv = ['sh', '-c', callEach, 'sh', ...endpoint.zfs];
  await runEach(endpoint, { argv, input: joinPieces(toCallLines(calls)), calls }, options);
}

/**
 * Asks a host for several things of a kind in one command, as `runCalls` does.
 * @param records what is asked for, one after another
 * @throws ZfsVmError as `runCalls` does
 */
export async function askEach<Kind extends CallKind>(
  endpoint: Endpoint,
  kind: Kind,
  records: readonly RecordOf<Kind>[],
  options: CallOptions,
): Promise<void> {
  const argv = argvOf(endpoint, { kind });
  const calls = records.map((record) => callOf(kind, record));
  await runEach(endpoint, { argv, input: inputOf(endpoint, kind, records), calls }, options);
}

async function runEach(
  { host }: Endpoint,
  { argv, input, calls }: Calls,
  { signal, limit, onEnd }: CallOptions,
): Promise<void> {
  if (calls.length === 0) return;
  const flood = new AbortController();
  const command = await host.start(argv, {
    signal: AbortSignal.any([signal, flood.signal]),
  });
  // A command may end before it has read all: its exit says why, the broken pipe is only a symptom.
  const written = pipeline(input, command.stdin).catch(() => undefined);
  let ended = 0;
  let output: string | undefined;
  const [exit, stderr] = await Promise.all([
    command.exit,
    readTail(command.stderr),
    readLines(command.stdout, (line) => {
      const [, code] = endedCallPattern.exec(line) ?? [];
      if (output === undefined) {
        if (line === beginCallsMark) output = '';
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
  return collect(calls.length, (onEnd) => runCalls(endpoint, calls, { ...options, onEnd }));
}

/**
 * Asks a host for several things as `askEach` does, and gives what each of the calls printed.
 * @throws ZfsVmError as `runCalls` does; the signal's reason when it is aborted
 */
export async function readEach<Kind extends CallKind>(
  endpoint: Endpoint,
  kind: Kind,
  records: readonly RecordOf<Kind>[],
  options: Omit<CallOptions, 'onEnd'>,
): Promise<string[]> {
  return collect(records.length, (onEnd) => askEach(endpoint, kind, records, { ...options, onEnd }));
}

async function collect(
  length: number,
  run: (onEnd: CallOptions['onEnd']) => Promise<void>,
): Promise<string[]> {
  const outputs = Array.from({ length }, () => '');
  await run((index, { output }) => {
    outputs[index] = output;
  });
  return outputs;
}

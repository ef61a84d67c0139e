import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZfsVmError } from '../base/errors.js';
import type { Exit, Host } from './host.js';
import { LineSplitter } from './line-splitter.js';

/** What a command that has ended said. */
export interface CommandResult {
  readonly exit: Exit;
  readonly stdout: string;
  readonly stderr: string;
}

/** How much of a command's stderr is kept: its end, where the cause is. */
export const stderrTailLength = 8192;

/** How many characters a command may print to either output, unless more is expected of it. */
const usualLimit = 2 ** 20;

/** How a command is run. */
export interface RunOptions {
  /** Goes to its stdin; pieces go as they come. When they fail, its stdin ends there. */
  readonly input?: string | Iterable<string> | AsyncIterable<string>;
  /** Told of what it prints to stdout, as it comes: the result has none of it then. */
  readonly onText?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many characters it may print to either output; 1 Mi when left out. */
  readonly limit?: number;
  /** What it is, for the message when it prints more; its program when left out. */
  readonly what?: string;
}

/**
 * Runs a command to its end and gives all it said; of stderr, the last 8 KiB.
 * @throws ZfsVmError when the host can't start commands, or the command prints more than it may: it is ended then
 */
export async function runCommand(
  host: Host,
  argv: readonly string[],
  { input = '', onText, signal, limit = usualLimit, what = argv[0] ?? '' }: RunOptions = {},
): Promise<CommandResult> {
  const flood = new AbortController();
  const command = await host.start(argv, {
    signal: AbortSignal.any([flood.signal, ...(signal === undefined ? [] : [signal])]),
  });
  // A command may end before it has read its input: its exit says why, the broken pipe is only a symptom.
  const written = pipeline(typeof input === 'string' ? [input] : input, command.stdin).catch(() => undefined);
  const stdout: string[] = [];
  let stderr = '';
  const read = (stream: Readable, keep: (text: string) => void): Promise<void> => {
    let length = 0;
    return readChunks(stream, (text) => {
      length += text.length;
      if (length > limit) flood.abort();
      // What it has said is of no use any more, and may be a lot.
      if (flood.signal.aborted) stdout.length = 0;
      else keep(text);
    });
  };
  const [exit] = await Promise.all([
    command.exit,
    read(
      command.stdout,
      onText ??
        ((text) => {
          stdout.push(text);
        }),
    ),
    read(command.stderr, (text) => {
      stderr = addToTail(stderr, text);
    }),
    written,
  ]);
  if (flood.signal.aborted) throw describeFlood(host.name, what, limit);
  return { exit, stdout: stdout.join(''), stderr };
}

/**
 * Runs a command that may print any number of lines, and hands them over in lots as they come; what it prints waits until a lot is
 * taken. Gives how it ended, and the last 8 KiB of its stderr.
 * @param onLines when it throws, the command is ended
 * @throws ZfsVmError when the host can't start commands; whatever `onLines` throws
 */
export async function runForLines(
  host: Host,
  argv: readonly string[],
  onLines: (lines: readonly string[]) => Promise<void>,
  { signal, longestLine }: { signal: AbortSignal; longestLine: number },
): Promise<Pick<CommandResult, 'exit' | 'stderr'>> {
  const refusal = new AbortController();
  const command = await host.start(argv, { signal: AbortSignal.any([signal, refusal.signal]) });
  command.stdin.end();
  const lot: string[] = [];
  const splitter = new LineSplitter((line) => lot.push(line), longestLine);
  let thrown: { readonly error: unknown } | undefined;
  const handOver = async (): Promise<void> => {
    if (lot.length === 0) return;
    await onLines(lot.splice(0)).catch((error: unknown) => {
      thrown = { error };
      refusal.abort();
    });
  };
  const read = async (): Promise<void> => {
    try {
      for await (const text of command.stdout.setEncoding('utf8')) {
        splitter.feed(text as string);
        await handOver();
        if (thrown !== undefined) return;
      }
    } catch {
      // A broken stream is a symptom; the command's exit tells what happened.
    }
    if (splitter.rest !== '') lot.push(splitter.rest);
    await handOver();
  };
  const [exit, stderr] = await Promise.all([command.exit, readTail(command.stderr), read()]);
  if (thrown !== undefined) throw thrown.error;
  return { exit, stderr };
}

/** The error for a command that was ended because it said more than there can be to say. */
export function describeFlood(hostName: string, what: string, limit: number): ZfsVmError {
  const size = limit < 2 ** 20 ? `${Math.ceil(limit / 2 ** 10)} KiB` : `${Math.ceil(limit / 2 ** 20)} MiB`;
  return new ZfsVmError('failed', `${hostName}: ${what} printed more than ${size} and was stopped`, {
    hint: `check on that host that "zfs" is the real command, and what it prints`,
  });
}

/** Reads a stream to its end and keeps the last 8 KiB as text. Never throws: what came before a break is given. */
export async function readTail(stream: Readable): Promise<string> {
  let tail = '';
  await readChunks(stream, (text) => {
    tail = addToTail(tail, text);
  });
  return tail;
}

function addToTail(tail: string, text: string): string {
  return (tail + text).slice(-stderrTailLength);
}

/** Hands over a stream's lines as they come, without their ends; of overlong ones, the last part. Never throws. */
export async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = new LineSplitter(onLine);
  await readChunks(stream, (text) => {
    lines.feed(text);
  });
  if (lines.rest !== '') onLine(lines.rest);
}

/** Hands over a stream's text as it comes, in pieces that are cut anywhere. Never throws: what came before a break is given. */
export async function readChunks(stream: Readable, onText: (text: string) => void): Promise<void> {
  stream.setEncoding('utf8');
  try {
    for await (const text of stream) onText(text as string);
  } catch {
    // A broken stream is a symptom; the command's exit tells what happened.
  }
}

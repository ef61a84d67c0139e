import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Exit, Host } from './host.js';

/** What a command that has ended said. */
export interface CommandResult {
  readonly exit: Exit;
  readonly stdout: string;
  readonly stderr: string;
}

/** How much of a command's stderr is kept: its end, where the cause is. */
export const stderrTailLength = 8192;

/**
 * Runs a command to its end and gives all it said; of stderr, the last 8 KiB. `input` goes to its stdin.
 * @throws ZfsVmError when the host can't start commands
 */
export async function runCommand(
  host: Host,
  argv: readonly string[],
  options: { input?: string; signal?: AbortSignal } = {},
): Promise<CommandResult> {
  const command = await host.start(argv, options.signal === undefined ? {} : { signal: options.signal });
  // A command may end before it has read its input: its exit says why, the broken pipe is only a symptom.
  const written = pipeline([options.input ?? ''], command.stdin).catch(() => undefined);
  const [stdout, stderr, exit] = await Promise.all([
    readAll(command.stdout),
    readTail(command.stderr),
    command.exit,
    written,
  ]);
  return { exit, stdout, stderr };
}

/** Reads a stream to its end and keeps the last 8 KiB as text. Never throws: what came before a break is given. */
export async function readTail(stream: Readable): Promise<string> {
  let tail = '';
  await readChunks(stream, (text) => {
    tail = (tail + text).slice(-stderrTailLength);
  });
  return tail;
}

async function readAll(stream: Readable): Promise<string> {
  const parts: string[] = [];
  await readChunks(stream, (text) => parts.push(text));
  return parts.join('');
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

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { ReadStream, WriteStream } from 'node:tty';
import { ZfsVmError } from '../../base/errors.js';
import { emptyLine, typeKeys } from './line-editor.js';

/** How to ask. */
export interface AskOptions {
  /** The answer isn't shown while it is typed. */
  readonly secret: boolean;
  /** Aborting it takes the question back; the answer is then `undefined`. */
  readonly signal?: AbortSignal | undefined;
}

/** Someone who can be asked. */
export interface Prompter {
  /**
   * The answer to a question, without its newline; `undefined` when there is nobody to ask (no terminal), or the person
   * declines to answer (Ctrl-D). The question may have several lines; whatever comes from a host is printable in it. What was typed
   * before the question was shown is no answer to it.
   * @throws ZfsVmError `interrupted` on Ctrl-C
   */
  ask(question: string, options: AskOptions): Promise<string | undefined>;
  /** Leaves the terminal to another program, which may ask there itself, until the work is done: no question comes in between. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Whether somebody asks there at this moment, whose question nothing must wipe away. */
  isLent(): boolean;
}

/** Answers no question, and lends the terminal to whoever wants it: for where there is nobody to ask. */
export const nobody: Prompter = {
  ask: () => Promise.resolve(undefined),
  lend: (work) => work(),
  isLent: () => false,
};

/**
 * Asks on the terminal of this process, which needn't be its stdin: that may be a pipe. One question at a time, since two
 * hosts may want to ask at once. Ctrl-C gives the terminal back and interrupts the process as usual.
 */
export function createTerminalPrompter(terminalPath = '/dev/tty'): Prompter {
  let previous: Promise<unknown> = Promise.resolve();
  let isLent = false;
  const lend = <T>(work: () => Promise<T>): Promise<T> => {
    const done = previous.then(async () => {
      isLent = true;
      return work().finally(() => {
        isLent = false;
      });
    });
    previous = done.catch(() => undefined);
    return done;
  };
  return {
    lend,
    ask: (question, options) => lend(() => askOnTerminal(terminalPath, question, options)),
    isLent: () => isLent,
  };
}

async function askOnTerminal(
  terminalPath: string,
  question: string,
  { secret, signal }: AskOptions,
): Promise<string | undefined> {
  const terminal = signal?.aborted === true ? undefined : openTerminal(terminalPath);
  if (terminal === undefined) return undefined;

  const { input, output } = terminal;
  const decoder = new StringDecoder('utf8');
  let line = emptyLine;
  let stop: () => void = () => undefined;
  // In raw mode a line that hasn't ended can be read, too.
  input.setRawMode(true);
  discardTyped(terminalPath);
  // Only secrets need it; for the rest the terminal's own echo and editing are better than ours.
  input.setRawMode(secret);
  try {
    output.write(question);
    await new Promise<void>((resolve, reject) => {
      stop = resolve;
      signal?.addEventListener('abort', stop, { once: true });
      input.once('error', reject).once('end', resolve);
      input.on('data', (chunk: Buffer) => {
        line = typeKeys(line, decoder.write(chunk));
        if (line.outcome !== 'typing') resolve();
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    if (secret || line.outcome !== 'entered') output.write('\n');

    input.setRawMode(false);
    input.destroy();
    output.destroy();
  }
  if (line.outcome === 'interrupted') {
    // Raw mode took the key away from the terminal driver, which would have sent this.
    process.kill(process.pid, 'SIGINT');
    throw new ZfsVmError('interrupted', 'interrupted by Ctrl-C');
  }
  return line.outcome === 'entered' ? line.text : undefined;
}

/** Takes what was typed and not read; OpenSSH discards it before its questions, too. Node.js has no tcflush(3). */
function discardTyped(terminalPath: string): void {
  const fd = openSync(terminalPath, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(4096);
  try {
    while (readSync(fd, buffer) > 0);
  } catch {
    // EAGAIN: there is no more.
  } finally {
    closeSync(fd);
  }
}

function openTerminal(
  path: string,
): { readonly input: ReadStream; readonly output: WriteStream } | undefined {
  const descriptors: number[] = [];
  try {
    const inputFd = openSync(path, constants.O_RDONLY | constants.O_NOCTTY);
    descriptors.push(inputFd);
    const outputFd = openSync(path, constants.O_WRONLY | constants.O_NOCTTY);
    descriptors.push(outputFd);
    return { input: new ReadStream(inputFd), output: new WriteStream(outputFd) };
  } catch {
    descriptors.forEach((descriptor) => {
      closeSync(descriptor);
    });
    return undefined;
  }
}

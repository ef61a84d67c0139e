import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What a finished program left. */
export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; `undefined` when a signal ended the program. */
  readonly code: number | undefined;
}

/** How to run a program. */
export interface ProgramOptions {
  /** What the program reads; nothing, when left out. */
  readonly stdin?: string | Uint8Array | Readable;
  /** After this long the program is killed and the run fails. */
  readonly timeoutMs?: number;
  /** Fail on an exit status other than 0; true by default. */
  readonly check?: boolean;
  /** Let the program's stderr through to ours, for progress that a person wants to see. */
  readonly showStderr?: boolean;
}

/** A program ended otherwise than asked for; carries what it printed. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly result: ProgramResult;

  constructor(what: string, result: ProgramResult) {
    const said = (result.stderr || result.stdout).trim();
    super(said === '' ? what : `${what}: ${said}`);
    this.result = result;
  }
}

/**
 * Runs a program to its end and keeps its output, as UTF-8.
 *
 * @throws ProgramError when it could not end as asked: another status than 0, a signal, or the time limit.
 */
export async function runProgram(
  argv: readonly [string, ...string[]],
  { stdin, timeoutMs = 60_000, check = true, showStderr = false }: ProgramOptions = {},
): Promise<ProgramResult> {
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', showStderr ? 'inherit' : 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));

  const deadline = { passed: false };
  const timer = setTimeout(() => {
    deadline.passed = true;
    child.kill('SIGKILL');
    // A descendant of it may hold them open still.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, timeoutMs);

  const feeding =
    child.stdin === null || stdin === undefined
      ? Promise.resolve()
      : pipeline(stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]), child.stdin).catch(
          () => {
            // The program ended before it read everything: its status and its words say why.
          },
        );

  try {
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => {
        resolve(status ?? undefined);
      });
    });
    await feeding;
    const result: ProgramResult = {
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
      code,
    };
    const name = argv.join(' ');
    const short = name.length > 200 ? `${name.slice(0, 200)}…` : name;
    if (deadline.passed) throw new ProgramError(`${short} took longer than ${timeoutMs} ms`, result);
    if (code === undefined) throw new ProgramError(`${short} was killed by a signal`, result);
    if (check && code !== 0) throw new ProgramError(`${short} ended with status ${code}`, result);
    return result;
  } finally {
    clearTimeout(timer);
  }
}

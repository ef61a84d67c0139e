import type { Input, Output } from './pipe.js';
import type { Process } from './process.js';
import type { Session } from './session.js';
import type { User } from './user.js';

/** A call of a program in a simulated host. */
export interface Call {
  readonly session: Session;
  readonly process: Process;
  /** The program's words, without its name. */
  readonly words: readonly string[];
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Who it runs as. */
  readonly user: User;
}

/** Writes text to the stdout of a call. */
export async function say(call: Call, text: string): Promise<void> {
  if (text !== '') await call.stdout.write(call.process, Buffer.from(text));
}

/** Writes a line to the stderr of a call. */
export async function complain(call: Call, line: string): Promise<void> {
  await call.stderr.write(call.process, Buffer.from(`${line}\n`));
}

/**
 * What kind of trouble it was; each has its exit code.
 * - `failed`: a command on a host failed, or its answer made no sense
 * - `usage`: the command line asks for something that can't be
 * - `conflict`: doing it would lose something
 * - `connection`: a host can't be reached, or doesn't let us in
 * - `interrupted`: the person stopped it
 */
export type ErrorKind = 'failed' | 'usage' | 'conflict' | 'connection' | 'interrupted';

const exitCodes: Readonly<Record<ErrorKind, number>> = {
  failed: 1,
  usage: 2,
  conflict: 3,
  connection: 4,
  interrupted: 130,
};

/**
 * The one family of expected errors: the message is a line a person can act on, without a stack.
 * `hint`, where there is one, is the next thing to do, shown on a line of its own.
 */
export class ZfsVmError extends Error {
  override readonly name = 'ZfsVmError';
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
  }
}

/** The exit code for anything that was thrown; what isn't a `ZfsVmError` is a fault of ours, and a failure. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ZfsVmError ? exitCodes[error.kind] : exitCodes.failed;
}

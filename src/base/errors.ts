/**
 * What kind of trouble it was; each has its exit code.
 * - `failed`: a command on a host failed, or its answer made no sense
 * - `usage`: the command line asks for something that can't be
 * - `conflict`: doing it would lose something, or zfs refuses it, and will each time
 * - `connection`: a host cannot be reached, or refuses the login or the use of zfs
 * - `interrupted`: the person stopped it
 */
export type ErrorKind = 'failed' | 'usage' | 'conflict' | 'connection' | 'interrupted';

/** The exit statuses, as docs/reference/exit-codes.md tells them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  conflict: 3,
  connection: 4,
  interrupted: 130,
} as const satisfies Readonly<Record<ErrorKind | 'done', number>>;

/** What goes along with an error's message. */
export interface ErrorOptions {
  /** The next thing to do, shown on a line of its own. */
  readonly hint?: string | undefined;
  /** More of the evidence, a line each. */
  readonly details?: readonly string[];
  /** Whether a connection was there, and is gone: it may come back. */
  readonly isLoss?: boolean;
  readonly cause?: unknown;
}

/** The one family of expected errors: the message is a line a person can act on, without a stack. */
export class ZfsVmError extends Error {
  override readonly name = 'ZfsVmError';
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly isLoss: boolean;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    const { hint, details = [], isLoss = false, cause } = options;
    super(message, { cause });
    this.kind = kind;
    this.hint = hint;
    this.details = details;
    this.isLoss = isLoss;
  }

  /** The same error with one more line of evidence. */
  withDetail(detail: string): ZfsVmError {
    const { hint, details, isLoss, cause } = this;
    return new ZfsVmError(this.kind, this.message, { hint, details: [...details, detail], isLoss, cause });
  }
}

/** The exit code for anything that was thrown; what isn't a `ZfsVmError` is a fault of ours, and a failure. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ZfsVmError ? exitCodes[error.kind] : exitCodes.failed;
}

/** The exit code for several errors: that of a connection or a conflict when all are of that kind, else that of a failure. */
export function exitCodeOfAll(errors: readonly ZfsVmError[]): number {
  if (errors.length === 0) return exitCodes.done;
  const only = (['connection', 'conflict'] as const).find((kind) =>
    errors.every((error) => error.kind === kind),
  );
  return exitCodes[only ?? 'failed'];
}

/** The exit codes from the best to the worst. */
const badness: readonly number[] = [
  exitCodes.done,
  exitCodes.conflict,
  exitCodes.connection,
  exitCodes.usage,
  exitCodes.failed,
  exitCodes.interrupted,
];

/** The exit code for several things that were done for one command: the worst of theirs. */
export function worstExitCode(codes: readonly number[]): number {
  return codes.reduce<number>(
    (worst, code) => (badness.indexOf(code) > badness.indexOf(worst) ? code : worst),
    exitCodes.done,
  );
}

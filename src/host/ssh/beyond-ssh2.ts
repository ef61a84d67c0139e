import { ZfsVmError } from '../../base/errors.js';

/** What else is known of an error that only ssh2 meets. */
export interface BeyondOptions {
  /** What the ssh of the machine is needed for, to come after "for". */
  readonly reason: string;
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/** ssh2 doesn't get in, and the ssh of the machine may: it can do what ssh2 can't. */
export class BeyondSsh2 extends ZfsVmError {
  readonly reason: string;

  constructor(message: string, { reason, details = [], cause }: BeyondOptions) {
    super('connection', message, {
      hint: 'omit "--transport ssh2", so that the ssh command can be used',
      details,
      cause,
    });
    this.reason = reason;
  }

  /** The same for a machine that has no ssh program. */
  withoutProgram(): ZfsVmError {
    const { message, details, cause } = this;
    const hint = 'install the OpenSSH client on this machine; zfs-vm uses it for what ssh2 does not support';
    return new ZfsVmError('connection', message, { hint, details, cause });
  }
}

import { ZfsVmError } from '../../base/errors.js';
import { describeThrown, toPrintable } from '../../base/printable.js';
import { BeyondSsh2 } from '../ssh/beyond-ssh2.js';
import type { ClientConfig } from '../ssh/client-config.js';
import type { LoginRecord } from './authenticate.js';
import type { LoginOptions } from './connection.js';

/** The error for a host that closed the connection while it was waiting for the person. */
export function describeImpatience(label: string): ZfsVmError {
  return new ZfsVmError('connection', `${label} closed the connection while waiting for a password`, {
    hint: 'run the command again and answer within the LoginGraceTime of sshd',
  });
}

/** The error for a login that was refused. */
export function describeRefusal(
  config: ClientConfig,
  { label, sshCommand }: LoginOptions,
  record: LoginRecord,
): ZfsVmError {
  const tried = record.tried.length === 0 ? 'no key or password to try' : `tried: ${record.tried.join(', ')}`;
  const accepted =
    record.accepted.length === 0 ? 'no other method' : record.accepted.map(toPrintable).join(', ');
  const unsupported =
    config.unsupported.length === 0 ? '' : `; not supported here: ${config.unsupported.join(', ')}`;
  const message = `${label} refused the login of ${toPrintable(config.user)} (${tried}; the host accepts: ${accepted}${unsupported})`;
  const [reason] = record.beyond;
  if (reason !== undefined) {
    return new BeyondSsh2(message, {
      reason,
      details: [...new Set(record.beyond)].map((beyond) => `not supported by ssh2: ${beyond}`),
    });
  }
  return new ZfsVmError('connection', message, {
    hint: record.unanswered
      ? 'the password or passphrase was not given: use ssh-agent or a key without passphrase, or run the command on a terminal'
      : config.unsupported.length > 0
        ? 'add --transport openssh, which supports these methods'
        : `check the user name, and that "${sshCommand}" logs in; if it does, add --transport openssh`,
  });
}

/** The error for what ssh2 reports while logging in. */
export function describeSshError(
  error: unknown,
  { label, sshCommand }: LoginOptions,
  record: LoginRecord,
): ZfsVmError {
  const reason = describeThrown(error);
  const fail = (message: string, hint: string): ZfsVmError =>
    new ZfsVmError('connection', message, { hint, cause: error });
  if (/too many authentication failures/i.test(reason)) {
    return fail(
      `${label} refused the login after too many attempts (tried: ${record.tried.join(', ')})`,
      'if too many keys were offered, choose one with IdentityFile and IdentitiesOnly in ~/.ssh/config',
    );
  }
  if (error instanceof Error && 'level' in error && error.level === 'handshake') {
    return new BeyondSsh2(`no common algorithm with ${label}: ${reason}`, {
      reason: 'the algorithms of its SSH server',
      cause: error,
    });
  }
  if (reason.includes('before handshake')) {
    return fail(
      `${label} closed the connection before the SSH handshake`,
      'check that sshd listens on that port and accepts connections from this machine',
    );
  }
  return fail(`connection to ${label} failed: ${reason}`, `check that "${sshCommand}" logs in`);
}

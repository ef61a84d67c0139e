import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { Duplex, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { ZfsVmError } from '../../base/errors.js';
import { describeThrown, toPrintable } from '../../base/printable.js';
import { readLines } from '../run-command.js';

/** With more than one address, how long each may take before the next is tried. Node's 250 ms fail on slow links. */
const addressTimeoutMs = 3_000;

/** Where to connect to. */
export interface TcpTarget {
  readonly hostName: string;
  readonly port: number;
  readonly addressFamily: 4 | 6 | undefined;
  readonly timeoutMs: number;
  /** The host, for messages. */
  readonly label: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens a TCP connection.
 * @throws ZfsVmError `connection` with the reason in plain words; `interrupted` when the signal was aborted.
 */
export async function openTcp(target: TcpTarget): Promise<Socket> {
  const { hostName, port, addressFamily, timeoutMs, label, signal } = target;
  const socket = connect({
    host: hostName,
    port,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: addressTimeoutMs,
    ...(addressFamily !== undefined && { family: addressFamily }),
  });
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  const abort = (): void => {
    socket.destroy(new ZfsVmError('interrupted', `stopped while connecting to ${label}`));
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return socket;
  } catch (error) {
    throw error instanceof ZfsVmError ? error : describeTcpError(error, target);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function describeTcpError(error: unknown, { hostName, port, timeoutMs, label }: TcpTarget): ZfsVmError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const fail = (reason: string, hint: string): ZfsVmError =>
    new ZfsVmError('connection', `cannot connect to ${label}: ${reason}`, { hint, cause: error });
  const place = `port ${port} of ${toPrintable(hostName)}`;
  switch (code) {
    case 'ENOTFOUND':
      return fail(
        `cannot resolve host ${toPrintable(hostName)}: unknown name`,
        'check the spelling, or add the host to ~/.ssh/config or as a remote to the configuration file',
      );
    case 'EAI_AGAIN':
      return fail(
        `cannot resolve host ${toPrintable(hostName)}`,
        'check the spelling of the host, and the network and DNS on this machine',
      );
    case 'ECONNREFUSED':
      return fail(
        `${place} refused the connection`,
        'check that sshd runs on that host and listens on this port',
      );
    case 'ETIMEDOUT':
      return fail(
        `no response from ${place} within ${timeoutMs / 1000} s`,
        'check that the host is up and that no firewall blocks the port',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail(`no route to ${toPrintable(hostName)}`, 'check the network, or use a jump host');
    default:
      return fail(describeThrown(error), 'check that ssh reaches the host');
  }
}

/** What lies below a connection: TCP, a tunnel through a jump host, or a program. */
export interface Carrier {
  readonly stream: Duplex;
  /** Ends it, and everything it stands on. */
  readonly close: () => Promise<void>;
}

/** How long a program may take to end, after SIGTERM. */
const proxyFarewellMs = 500;

/**
 * Runs a ProxyCommand with the person's own shell, as OpenSSH does; the connection is its stdin and stdout. What it
 * says on stderr goes to `warn`. When it ends, the stream ends.
 */
export function openProxyCommand(
  command: string,
  shell: string,
  env: Readonly<Record<string, string | undefined>>,
  warn: (line: string) => void,
): Carrier {
  // A process group of its own: Ctrl-C on the terminal mustn't take the connection away before remote commands are stopped.
  const child = spawn(shell, ['-c', `exec ${command}`], {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // A write that comes too late isn't the cause of anything: the end of the program's stdout says that it is gone.
  child.stdin.on('error', () => undefined);
  const input = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      child.stdin.write(chunk, () => {
        callback();
      });
    },
    final: (callback) => {
      child.stdin.end(() => {
        callback();
      });
    },
  });
  const stream = Duplex.from({ readable: child.stdout, writable: input });
  stream.on('error', () => undefined);
  child.once('error', (error) => {
    stream.destroy(new Error(`cannot start the ProxyCommand: ${error.message}`));
  });
  void readLines(child.stderr, (line) => {
    warn(`ProxyCommand: ${toPrintable(line)}`);
  });
  const hasEnded = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  return {
    stream,
    close: async () => {
      stream.destroy();
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        try {
          process.kill(-child.pid, 'SIGTERM');
        } catch {
          // It has just ended by itself.
        }
      }
      // Its last words may say why it failed.
      await Promise.race([hasEnded, wait(proxyFarewellMs, undefined, { ref: false })]);
    },
  };
}

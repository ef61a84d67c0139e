import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { userInfo } from 'node:os';
import { ZfsVmError } from '../base/errors.js';

/** A lock that is held. */
export interface RunLock {
  readonly release: () => Promise<void>;
}

/**
 * Takes a lock that one run of this user on this machine can hold; undefined when another one has it. The system releases it
 * when the run ends, however it ends: a lock is the name of a socket in Linux's abstract namespace (unix(7)), which needs no file
 * that could stay behind.
 * @throws ZfsVmError `failed` on a system that has no such names
 */
export async function takeRunLock(name: string): Promise<RunLock | undefined> {
  if (process.platform !== 'linux') {
    throw new ZfsVmError('failed', 'there are no locks between runs on this system', {
      hint: 'run tag, push and prune one after another, under a lock of your own',
    });
  }
  const server = createServer((visitor) => visitor.destroy());
  // The names of sockets have 107 characters at most.
  const digest = createHash('sha256').update(name).digest('hex');
  const isTaken = await listen(server, `\0zfs-vm/${userInfo().uid}/${digest}`);
  if (!isTaken) return undefined;
  // It keeps nobody waiting who forgot to release it.
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Whether the address was free. */
function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new ZfsVmError('failed', `the lock can't be taken: ${error.message}`, { cause: error }));
    });
    server.listen(path, () => {
      resolve(true);
    });
  });
}

import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** The right to use a lab alone, until it is given back or its process ends, however it does. */
export interface Lease {
  readonly name: string;
  readonly end: () => Promise<void>;
}

/** Waits until one of the labs is free, and takes it. */
export async function leaseOne(names: readonly string[]): Promise<Lease> {
  for (;;) {
    for (const name of names) {
      const lease = await tryLease(name);
      if (lease !== undefined) return lease;
    }
    await sleep(200);
  }
}

/** Takes the lab unless somebody else has it. A socket that needs no file is a lock that the kernel gives back. */
async function tryLease(name: string): Promise<Lease | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0zfs-vm-lab-${userInfo().uid}-${name}`, () => {
      const end = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => {
            done();
          });
        });
      resolve({ name, end });
    });
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import { takeRunLock } from '../../src/host/run-lock.js';

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

/** Takes the lab unless somebody else has it. */
async function tryLease(name: string): Promise<Lease | undefined> {
  const lock = await takeRunLock(`lab ${name}`);
  return lock === undefined ? undefined : { name, end: lock.release };
}

import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { readInventory } from '../inventory/read-inventory.js';
import type { Datasets } from '../streamline/dataset.js';
import type { Hosts } from './hosts.js';

/** A host that could be read. */
export interface Answer {
  readonly kind: 'read';
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly datasets: Datasets;
}

/** One that could not, and why. */
export interface Failure {
  readonly kind: 'failed';
  readonly host: string;
  readonly error: ZfsVmError;
}

/** Reads all that a host has, or tells why that can't be done. @throws whatever ends the task */
export async function readAnswer(hosts: Hosts, host: string, signal: AbortSignal): Promise<Answer | Failure> {
  try {
    const endpoint = await hosts.open(host);
    const { datasets } = await readInventory(endpoint, { scope: 'all', signal });
    return { kind: 'read', host, endpoint, datasets };
  } catch (error) {
    if (signal.aborted || !(error instanceof ZfsVmError)) throw error;
    return { kind: 'failed', host, error };
  }
}

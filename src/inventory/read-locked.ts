import type { Endpoint } from '../host/endpoint.js';
import { readPropertiesOf } from './read-about.js';

/**
 * Finds the datasets whose key isn't loaded.
 * @param encrypted names of encrypted datasets
 * @returns by their names, the dataset that it has to be loaded for
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readLocked(
  endpoint: Endpoint,
  encrypted: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const found = await readPropertiesOf(endpoint, encrypted, ['keystatus', 'encryptionroot'], signal);
  const locked = new Map<string, string>();
  for (const [dataset, properties] of found) {
    if (!properties.some(({ name, value }) => name === 'keystatus' && value === 'unavailable')) continue;
    locked.set(dataset, properties.find(({ name }) => name === 'encryptionroot')?.value ?? dataset);
  }
  return locked;
}

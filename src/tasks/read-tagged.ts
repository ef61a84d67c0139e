import type { Endpoint } from '../host/endpoint.js';
import { readInventory } from '../inventory/read-inventory.js';
import type { Datasets } from '../streamline/dataset.js';
import type { Surroundings } from './surroundings.js';

/** The datasets of a host with its versions; snapshots that look like versions, and are none, are told. @throws ZfsVmError when it can't be read */
export async function readTagged(
  endpoint: Endpoint,
  { signal, emit }: Pick<Surroundings, 'signal' | 'emit'>,
): Promise<Datasets> {
  const { datasets, malformedTags } = await readInventory(endpoint, { scope: 'tagged', signal });
  emit({ kind: 'malformed-tags', host: endpoint.host.name, malformedTags });
  return datasets;
}

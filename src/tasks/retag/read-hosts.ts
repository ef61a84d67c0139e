import { localName } from '../../base/local-name.js';
import { resolveHosts } from '../../config/config.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSameMachine } from '../../plan/same-machine.js';
import type { Datasets } from '../../streamline/dataset.js';
import { Hosts } from '../hosts.js';
import { readTagged } from '../read-tagged.js';
import type { Surroundings } from '../surroundings.js';

/** A host, and what it has. */
export interface ReadHost {
  readonly endpoint: Endpoint;
  readonly datasets: Datasets;
}

/**
 * Reads this machine and others at once, does something with them, and closes them. This machine under another name is no other one.
 * @param alsoOn the others, groups among them
 * @throws ZfsVmError when one of them can't be read
 */
export async function withReadHosts<T>(
  alsoOn: readonly string[],
  surroundings: Surroundings,
  use: (here: ReadHost, others: readonly ReadHost[]) => Promise<T>,
): Promise<T> {
  const { config } = surroundings;
  const names = resolveHosts(config, alsoOn).filter((name) => name !== localName);
  return Hosts.use(surroundings, async (hosts) => {
    const read = async (opening: Endpoint | Promise<Endpoint>): Promise<ReadHost> => {
      const endpoint = await opening;
      return { endpoint, datasets: await readTagged(endpoint, surroundings) };
    };
    const [here, ...others] = await Promise.all([
      read(hosts.openLocal()),
      ...names.map((name) => read(hosts.open(name))),
    ]);
    return use(
      here,
      others.filter(({ datasets }) => !isSameMachine(here.datasets, datasets)),
    );
  });
}

import { localName } from '../../base/local-name.js';
import { resolveHosts } from '../../config/config.js';
import { findAsides } from '../../plan/aside.js';
import type { Datasets } from '../../streamline/dataset.js';
import { findReaches, type Reach } from '../../streamline/lineage-reach.js';
import { buildLineages, type LineageNode } from '../../streamline/lineage-tree.js';
import { isChosenTag } from '../../streamline/selection.js';
import type { Tag } from '../../streamline/tag.js';
import { checkPatterns } from '../check-request.js';
import { Hosts } from '../hosts.js';
import { readTagged } from '../read-tagged.js';
import type { Surroundings } from '../surroundings.js';
import type { ListRequest } from './list.js';

/** Whose datasets are listed, and with which other hosts. */
export interface LineagesRequest extends ListRequest {
  /** Hosts and groups. */
  readonly alsoOn?: readonly string[] | undefined;
}

/** The datasets of a host that have versions, by what they were cloned from. */
export interface Lineages {
  /** What people call the host. */
  readonly host: string;
  readonly nodes: readonly LineageNode[];
  /** The datasets that were set aside. */
  readonly asides: ReadonlySet<string>;
  /** How far the other hosts have come, by dataset. */
  readonly reaches: ReadonlyMap<string, readonly Reach[]>;
}

/**
 * Finds out which datasets of a host have versions, what was cloned from what, and where other hosts are.
 * @throws ZfsVmError when one of them can't be read, or a pattern fits nothing
 */
export async function listLineages(
  { host: target = localName, patterns = [], alsoOn = [] }: LineagesRequest,
  surroundings: Surroundings,
): Promise<Lineages> {
  const { config } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const read = async (name: string): Promise<{ host: string; datasets: Datasets }> => {
      const endpoint = await hosts.open(name);
      return { host: endpoint.host.name, datasets: await readTagged(endpoint, surroundings) };
    };
    const names = resolveHosts(config, alsoOn);
    const [{ host, datasets }, ...others] = await Promise.all([read(target), ...names.map(read)]);
    checkPatterns({ patterns }, host, datasets);
    const asides = findAsides(datasets);
    const isChosen = (tag: Tag): boolean => isChosenTag(patterns, tag);
    const nodes = buildLineages(datasets, { isChosen, apart: asides });
    const byHost = new Map(others.map((other) => [other.host, other.datasets]));
    return { host, nodes, asides, reaches: findReaches(nodes, byHost) };
  });
}

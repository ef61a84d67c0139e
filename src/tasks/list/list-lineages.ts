import { localName } from '../../base/local-name.js';
import { readInventory } from '../../inventory/read-inventory.js';
import { findAsides } from '../../plan/aside.js';
import { buildLineages, type LineageNode } from '../../streamline/lineage-tree.js';
import { isChosenTag } from '../../streamline/selection.js';
import { checkPatterns } from '../check-request.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import type { ListRequest } from './list.js';

/** The datasets of a host that have versions, by what they were cloned from. */
export interface Lineages {
  /** What people call the host. */
  readonly host: string;
  readonly nodes: readonly LineageNode[];
  /** The datasets that were set aside. */
  readonly asides: ReadonlySet<string>;
}

/** Finds out which datasets of a host have versions, and what was cloned from what. @throws ZfsVmError when it can't be read, or a pattern fits nothing */
export async function listLineages(
  { host: target = localName, patterns = [] }: ListRequest,
  surroundings: Surroundings,
): Promise<Lineages> {
  const { signal, emit } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = await hosts.open(target);
    const host = endpoint.host.name;
    const { datasets, malformedTags } = await readInventory(endpoint, { scope: 'tagged', signal });
    emit({ kind: 'malformed-tags', host, malformedTags });
    checkPatterns({ patterns }, host, datasets);
    const asides = findAsides(datasets);
    const isChosen = (tag: Parameters<typeof isChosenTag>[1]): boolean => isChosenTag(patterns, tag);
    return { host, nodes: buildLineages(datasets, { isChosen, apart: asides }), asides };
  });
}

import type { Dataset } from '../streamline/dataset.js';
import { follows, mostSources, type Role } from '../zfs/role.js';
import { poolGuidOf } from './copy-owners.js';
import type { Chain } from './plan.js';
import { movesAside } from './preparation.js';
import type { Planning } from './planning.js';

/**
 * What is to be written down on the copy of a dataset of the sender, so that it is found wherever it is moved; undefined where that is
 * there, or can't be said.
 */
export function chooseRole(
  { name, guid }: Dataset,
  { destination, preparation }: Pick<Chain, 'destination' | 'preparation'>,
  { request, model, copies }: Planning,
): Role | undefined {
  const poolGuid = poolGuidOf(request.sender, name);
  if (guid === undefined || poolGuid === undefined) return undefined;
  const existing = model.findDataset(destination)?.role;
  const known = existing?.kind === 'copy' && preparation?.kind !== 'replace' ? existing : undefined;
  // What is moved aside first leaves its name to another dataset.
  if (!movesAside(preparation) && follows(known, { guid })) return undefined;
  // What was this sender's before is gone, or has its past here.
  const others = known?.sources.filter((source) => copies.owners.isElsewhere(source)) ?? [];
  return { kind: 'copy', sources: [{ guid, poolGuid }, ...others.slice(0, mostSources - 1)] };
}

import { chooseRole } from './choose-role.js';
import type { Decision, Planning, WhereUpToDate } from './planning.js';
import type { Source } from './sources.js';

/** The decision that nothing has to be sent of a dataset. @param where the copy that has everything */
export function toUpToDate(
  source: Source,
  where: WhereUpToDate,
  planning: Planning,
): Decision & { readonly kind: 'up-to-date' } {
  const { model, copies, placement } = planning;
  const { destination } = where;
  const newest = source.versions.findLast(({ guid }) => model.has(guid)) ?? source.versions[0];
  const { guid } = model.findDataset(destination) ?? {};
  // A quick look doesn't know what is written on what is in step.
  const isMarkable = guid !== undefined && copies.isNoted(source, destination);
  const role = isMarkable
    ? chooseRole(source.dataset, { destination, preparation: undefined }, planning)
    : undefined;
  const upToDate = { source: source.dataset.name, newest, role, place: placement.choose(source), ...where };
  return { kind: 'up-to-date', upToDate };
}

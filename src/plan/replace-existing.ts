import { fullNameOf } from '../streamline/dataset.js';
import { follows } from '../zfs/role.js';
import { isPoolRoot } from '../zfs/names.js';
import { chooseAsideName, findTyingRoot, toAsideRole } from './aside.js';
import { followUp, makeChain } from './make-chain.js';
import { isReplaceable, type ConflictReason } from './conflict.js';
import type { Preparation } from './preparation.js';
import { conflict, type Decision, type Planning } from './planning.js';
import type { Source } from './sources.js';

/** With `--replace`, destroys what is in the way, if that is possible; otherwise it's a conflict. */
export function replaceExisting(
  source: Source,
  { destination, reason }: { readonly destination: string; readonly reason: ConflictReason },
  planning: Planning,
): Decision {
  const { request, model, owners, copies } = planning;
  const existing = model.findDataset(destination);
  if (existing === undefined || !isReplaceable(reason)) return conflict(reason);
  const copyOf = owners.findCopied(source, existing);
  if (copyOf !== undefined) {
    if (reason.kind === 'version-differs') return conflict({ ...reason, undo: undefined, copyOf });
    const isOwn = reason.kind === 'destination-exists' && follows(existing.role, source.dataset);
    return conflict({ ...reason, copyOf, ...(isOwn && { promotedFrom: source.dataset.name }) });
  }
  if (copies.owners.isAnothers(source.dataset, destination)) {
    return conflict(
      reason.kind === 'version-differs'
        ? { ...reason, undo: undefined, isMarked: true }
        : { ...reason, isMarked: true },
    );
  }
  if (!request.replace) return conflict(reason);
  // Nothing is destroyed before its successor is there, and the root of a pool can't be moved out of the way.
  if (isPoolRoot(destination)) return conflict(reason);
  const dependents = model.findDependents(destination);
  const tiedTo = findTyingRoot(existing, model);
  if (tiedTo !== undefined) return conflict({ kind: 'destination-exists', destination, dependents, tiedTo });
  const { held: known, sender, stamp = '' } = request;
  const held = existing.snapshots.filter((snapshot) => known?.has(fullNameOf(snapshot)) === true);
  if (held.length > 0) return conflict({ kind: 'destination-exists', destination, dependents, held });
  if (dependents.length > 0 || model.findPlannedSource(destination) !== undefined) {
    return conflict({ kind: 'destination-exists', destination, dependents });
  }
  const aside = chooseAsideName(existing, 'replaced', { model, stamp });
  if (aside === undefined) return conflict({ kind: 'name-too-long', destination });
  const [first, ...rest] = source.versions;
  const steps = [{ kind: 'full', to: first }, ...followUp(first, rest)] as const;
  const preparation: Preparation = {
    ...{ kind: 'replace', aside, role: toAsideRole(source, sender), guid: existing.guid },
    type: existing.type,
    destroys: [...existing.snapshots].reverse(),
    writtenBytes: existing.writtenBytes,
  };
  return makeChain({ source, destination, steps, preparation }, planning);
}

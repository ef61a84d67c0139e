import type { CopyFinding } from './find-copy.js';
import { decideGoneOn } from './gone-on.js';
import { followUp, makeChain } from './make-chain.js';
import { conflict, type Decision, type Planning } from './planning.js';
import { resumeOnCopy } from './resume.js';
import { findHighest, type Source } from './sources.js';
import { toUpToDate } from './up-to-date.js';
import { findDifferingVersion } from './version-owners.js';

/** Increments land on the copy that the receiver has, unless it has gone on by itself. */
export function continueCopy(
  source: Source,
  { base, at: copy, by }: CopyFinding & { readonly kind: 'copy' },
  planning: Planning,
): Decision {
  const { request, model, copies, conflicting } = planning;
  const destination = copy.dataset;
  const receiverOnly = model.findNewerThan(base.guid, destination);
  const [next, ...rest] = source.versions.filter((version) => version.createtxg > base.createtxg);
  if (next === undefined) {
    const isPassed = findHighest(source).some(({ guid }) => !model.has(guid));
    const where = { destination, receiverOnly, by };
    return isPassed ? { kind: 'passed-by', where } : toUpToDate(source, where, planning);
  }
  const existing = model.findDataset(destination);
  if (existing !== undefined && source.dataset.encrypted && !existing.encrypted) {
    return conflict({ kind: 'not-encrypted', destination });
  }
  const shared = model.findUpTo(base.guid, destination);
  const taken = findDifferingVersion([next, ...rest], shared, undefined);
  if (taken !== undefined) return conflict(taken);
  const steps = [{ kind: 'incremental', from: base, to: next }, ...followUp(next, rest)] as const;
  const writtenBytes = existing?.writtenBytes ?? 0;
  const isUntouched = receiverOnly.length === 0 && writtenBytes === 0;
  const { owners } = copies;
  // Of what another host sends to the same copy, nothing is undone.
  const isForeign =
    owners.isForeign(destination) || (owners.isShared(destination) && receiverOnly.length > 0);
  const { rollback, setAside = false } = request;
  const mayUndo = (rollback || setAside) && !isForeign;
  if (existing?.partial !== undefined && (isUntouched || mayUndo)) {
    const { partial } = existing;
    return resumeOnCopy(
      { source, existing: { ...existing, partial }, base, steps, isUntouched, isForeign, by },
      planning,
    );
  }
  if (isUntouched) return makeChain({ source, destination, steps, by }, planning);

  const conflictAbove = conflicting.has(source.treeParent ?? '') ? source.treeParent : undefined;
  const goneOn = {
    ...{ source, existing, common: base, copy, receiverOnly, writtenBytes, isForeign, conflictAbove },
  };
  const { preparation, reason } = decideGoneOn(goneOn, request, model);
  return reason === undefined
    ? makeChain({ source, destination, steps, preparation, by }, planning)
    : conflict(reason);
}

import { ancestorsOf, isWithin, poolOf } from '../zfs/names.js';
import { continueCopy } from './continue-copy.js';
import type { CopyFinding } from './find-copy.js';
import type { ReasonOf } from './conflict.js';
import { conflict, type Decision, type Planning } from './planning.js';
import type { Source } from './sources.js';
import { startCopy } from './start-copy.js';
import { toUpToDate } from './up-to-date.js';

/** Decides what goes of one dataset of the sender, when all before it are decided: by what the receiver has as its copy. */
export function decideSource(source: Source, planning: Planning): Decision {
  const { copies, placement } = planning;
  const finding = copies.find(source, placement.choose(source));
  switch (finding.kind) {
    case 'copy':
      copies.record(source.dataset.name, finding.at.dataset);
      placement.assign(source.dataset.name, finding.at.dataset);
      return continueCopy(source, finding, planning);
    case 'complete':
      if (finding.isLeading) placement.assign(source.dataset.name, finding.dataset);
      else placement.noteElsewhere(source.dataset.name, finding.dataset);
      return toUpToDate(source, { destination: finding.dataset, receiverOnly: [], by: finding.by }, planning);
    case 'past-promoted':
      return conflict(finding);
    case 'half-moved':
      return conflict({ ...finding, taken: findTaken(finding, planning) });
    case 'unclear':
      return conflict({ ...describeUnclear(source, finding, planning), kind: 'copy-unclear' });
    case 'none':
      return startCopy(source, planning);
  }
}

/** What has the name of a copy that is half moved aside. */
function findTaken(
  { dataset, before }: CopyFinding & { readonly kind: 'half-moved' },
  { model }: Planning,
): 'free' | 'clone' | 'other' {
  const there = model.findDataset(before);
  if (there === undefined) return 'free';
  return there.origin?.startsWith(`${dataset}@`) === true ? 'clone' : 'other';
}

/** What may be the copy, with how it can be named. */
function describeUnclear(
  source: Source,
  { base, candidates }: CopyFinding & { readonly kind: 'unclear' },
  { placement, model }: Planning,
): Omit<ReasonOf<'copy-unclear'>, 'kind'> {
  const place = placement.choose(source);
  const parent = ancestorsOf(place ?? '').at(-1);
  const isFree =
    place !== undefined &&
    model.findDataset(place) === undefined &&
    (parent === undefined || model.findDataset(parent) !== undefined) &&
    // Nothing can be renamed to below itself, and what lies below another candidate would be one with that.
    candidates.every((name) => poolOf(name) === poolOf(place) && !isWithin(place, name));
  return { base, candidates, place, isFree };
}

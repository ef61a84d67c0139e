import type { Dataset, PartialReceive, Point, Snapshot } from '../streamline/dataset.js';
import type { CopyRule } from './find-copy.js';
import { followUp, makeChain } from './make-chain.js';
import { isBegun, planAbortOfGone, planAbortOfOurs, toPartialConflict } from './partial.js';
import type { Step } from './plan.js';
import { conflict, type Decision, type Planning } from './planning.js';
import type { Source } from './sources.js';

/** A copy on which a receive was interrupted, and what is to land on it. */
export interface InterruptedCopy {
  readonly source: Source;
  readonly existing: Dataset & { readonly partial: PartialReceive };
  /** The newest point of the sender's history that it has. */
  readonly base: Point;
  /** The increments from there. */
  readonly steps: readonly [Step, ...Step[]];
  /** Whether it has nothing after that. */
  readonly isUntouched: boolean;
  /** Whether another host sends to it, too. */
  readonly isForeign: boolean;
  readonly by: CopyRule;
}

/** The rest of an interrupted increment, if it is the very stream that would be sent; what it has left makes room where nobody goes on with it. */
export function resumeOnCopy(
  { source, existing, base, steps, isUntouched, isForeign, by }: InterruptedCopy,
  planning: Planning,
): Decision {
  const { choice, sender } = planning.request;
  const { name: destination, partial } = existing;
  const [{ to: next }, ...rest] = steps;
  const wanted = { dataset: source.dataset, from: base.guid, to: next };
  if (isUntouched && isBegun(partial, wanted, sender)) {
    const resumption: Step = { kind: 'resume', token: partial.token, to: next };
    return makeChain({ source, destination, steps: [resumption, ...rest], by }, planning);
  }
  if (isForeign) return conflict(toPartialConflict(existing));
  const preparation =
    planAbortOfOurs(existing, source) ??
    (choice.datasets !== undefined ? planAbortOfGone(existing, source, [base.guid]) : undefined);
  if (preparation === undefined || !isUntouched) return conflict(toPartialConflict(existing));
  return makeChain({ source, destination, steps, preparation, by }, planning);
}

/**
 * The rest of a new dataset whose receive was interrupted at its place, if it is the very stream that would be sent.
 * @param from the GUID of what the stream begins at; undefined for the whole content
 */
export function resumeNew(
  source: Source,
  {
    versions,
    from,
  }: { readonly versions: readonly [Snapshot, ...Snapshot[]]; readonly from: bigint | undefined },
  planning: Planning,
): Decision | undefined {
  const { model, placement, request } = planning;
  const [first, ...rest] = versions;
  const existing = model.findPartialOf(first.guid);
  if (existing?.partial === undefined || existing.snapshots.length > 0) return undefined;
  // What is under way elsewhere may be another sender's.
  if (existing.name !== placement.choose(source)) return undefined;
  const wanted = { dataset: source.dataset, from, to: first };
  if (!isBegun(existing.partial, wanted, request.sender)) return undefined;
  const step: Step = { kind: 'resume', token: existing.partial.token, to: first };
  const steps = [step, ...followUp(first, rest)] as const;
  return makeChain({ source, destination: existing.name, steps, isNew: true }, planning);
}

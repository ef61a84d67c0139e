import { fullNameOf, isTagged } from '../streamline/dataset.js';
import { decideSource } from './decide-source.js';
import { isAboutCopy, listTheirs, type Conflict, type ConflictReason } from './conflict.js';
import type { Chain, Plan, UpToDate } from './plan.js';
import { startPlanning, type Decision, type Planning, type PlanRequest } from './planning.js';
import { listLeaving } from './preparation.js';
import { findHighest, type Source } from './sources.js';
import { toUpToDate } from './up-to-date.js';

/**
 * Plans the streams that give the receiver every chosen version it lacks, each version as a step of its own.
 * Snapshots are matched by GUID. Increments go to the copy of a dataset (`CopyFinder`). Where there is none, the newest point of its
 * history that the receiver has or is about to get gives a clone; without one, the whole content is sent.
 * What can't be sent without losing something is a conflict, and stops nothing else.
 */
export function planTransfer(request: PlanRequest): Plan {
  const plan = planOnce(request);
  // What is decided later may take away what a conflict is about.
  const leaving = findLeaving(plan);
  const isAbout = ({ reason }: Conflict): boolean =>
    listTheirs(reason).some((theirs) => leaving.has(fullNameOf(theirs)));
  if (!plan.conflicts.some(isAbout)) return plan;
  const again = planOnce(request, leaving);
  const stillLeaving = findLeaving(again);
  return [...leaving].every((name) => stillLeaving.has(name)) ? again : plan;
}

/** The receiver's snapshots that a plan rolls back, replaces or sets aside, by full name. */
function findLeaving({ chains }: Plan): Set<string> {
  const names = new Set<string>();
  for (const { preparation } of chains) {
    for (const snapshot of listLeaving(preparation)) names.add(fullNameOf(snapshot));
  }
  return names;
}

/** @param leaving full names of the receiver's snapshots that the plan will take away, whenever it comes to that */
function planOnce(request: PlanRequest, leaving: ReadonlySet<string> = new Set()): Plan {
  const planning = startPlanning(request, leaving);
  const decided = planning.sources.map((source) => {
    const decision = decideSource(source, planning);
    if (decision.kind === 'chain') noteChain(decision.chain, planning);
    if (decision.kind === 'conflict') noteConflict(source, decision.reason, planning);
    return { source, decision };
  });
  const chains: Chain[] = [];
  const upToDate: UpToDate[] = [];
  const conflicts: Conflict[] = [];
  for (const { source, decision: first } of decided) {
    const decision = first.kind === 'conflict' ? (findBrought(source, planning) ?? first) : first;
    if (decision.kind === 'conflict') {
      const streamlines = [...new Set(source.versions.filter(isTagged).map(({ tag }) => tag.streamline))];
      conflicts.push({ source: source.dataset.name, streamlines, reason: decision.reason });
      continue;
    }
    // What one lacks, another one may bring that was decided later.
    const passed = findPassedBy(source, destinationOf(decision), planning);
    conflicts.push(...passed);
    if (decision.kind === 'chain') chains.push(decision.chain);
    if (decision.kind === 'up-to-date') upToDate.push(decision.upToDate);
    if (decision.kind === 'passed-by' && passed.length === 0) {
      upToDate.push(toUpToDate(source, decision.where, planning).upToDate);
    }
  }
  return { chains, upToDate, conflicts };
}

/** That nothing has to be sent of a dataset that has a conflict: chains that were decided later bring all of it, as another dataset has it, too. */
function findBrought(source: Source, planning: Planning): Decision | undefined {
  const { copies, placement } = planning;
  const finding = copies.find(source, placement.choose(source));
  if (finding.kind !== 'complete') return undefined;
  const where = { destination: finding.dataset, receiverOnly: [], by: finding.by };
  return toUpToDate(source, where, planning);
}

/** Notes what the receiver will have by a chain, and what it won't have any more. */
function noteChain(
  { source, destination, type, preparation, steps }: Chain,
  { model, copies, placement }: Planning,
): void {
  const [first] = steps;
  if (preparation?.kind === 'replace') model.addCut(destination);
  const isCut = preparation?.kind === 'rollback' || preparation?.kind === 'set-aside';
  if (isCut && first.kind === 'incremental') model.addCut(destination, first.from.guid);
  const origin = first.kind === 'clone' ? first.origin : undefined;
  model.addPlanned(
    source,
    destination,
    steps.map((step) => step.to),
    origin,
  );
  model.noteType(destination, type);
  copies.record(source, destination);
  placement.assign(source, destination);
}

function noteConflict(source: Source, reason: ConflictReason, { conflicting, placement }: Planning): void {
  const { name } = source.dataset;
  conflicting.add(name);
  if (isAboutCopy(reason)) placement.assign(name, reason.destination);
  else placement.leaveEmpty(source);
}

/** The streamlines whose highest version the receiver doesn't have, nor will get, since it has gone past it. */
function findPassedBy(source: Source, destination: string, { model }: Planning): Conflict[] {
  const { name } = source.dataset;
  const missing = findHighest(source).filter(({ guid }) => !model.has(guid));
  return missing.map((newest) => {
    const base = source.dataset.snapshots.findLast(({ guid }) => model.has(guid)) ?? newest;
    const streamlines = isTagged(newest) ? [newest.tag.streamline] : [];
    return { source: name, streamlines, reason: { kind: 'passed-by', destination, newest, base } };
  });
}

function destinationOf(decision: Exclude<Decision, { readonly kind: 'conflict' }>): string {
  switch (decision.kind) {
    case 'chain':
      return decision.chain.destination;
    case 'up-to-date':
      return decision.upToDate.destination;
    case 'passed-by':
      return decision.where.destination;
  }
}

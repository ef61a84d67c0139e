import { fullNameOf, isTagged, type Point, type Snapshot } from '../streamline/dataset.js';
import { walkHistory } from '../streamline/lineage.js';
import { poolOf } from '../zfs/names.js';
import { findPlannedAbove, followUp, makeChain } from './make-chain.js';
import { conflict, type Decision, type Planning } from './planning.js';
import { placeNew } from './placement.js';
import { replaceExisting } from './replace-existing.js';
import { resumeNew } from './resume.js';
import type { Source } from './sources.js';
import { findDifferingVersion } from './version-owners.js';

/** The receiver has no copy: it gets a new dataset, a clone where it has something that this can be made of. */
export function startCopy(source: Source, planning: Planning): Decision {
  const { request, model, placement } = planning;
  const place = placement.choose(source) ?? '';
  for (const base of walkHistory(request.sender, source.dataset)) {
    const copies = model.findCopies(base.guid);
    // What is no clone goes whole to another pool than that in which somebody else's copy of it is.
    const isNearby = copies.some(({ dataset }) => poolOf(dataset) === poolOf(place));
    const isUseful = base.dataset === source.dataset.name ? isNearby : copies.length > 0;
    if (isUseful) return startClone(source, { base, copies }, planning);
  }
  return startWhole(source, planning);
}

/**
 * The receiver has, or will have, a snapshot that the dataset was cloned from, or that it shares with the dataset which goes
 * on from there: it becomes a clone.
 */
function startClone(
  source: Source,
  { base, copies }: { readonly base: Point; readonly copies: readonly Snapshot[] },
  planning: Planning,
): Decision {
  const { model, placement, owners } = planning;
  const [first, ...rest] = source.versions.filter(
    (version) => version.dataset !== base.dataset || version.createtxg > base.createtxg,
  );
  const destination = placement.choose(source);
  if (destination === undefined) return withoutPlace(source, planning);
  if (first === undefined) {
    return conflict({ kind: 'passed-by', destination, newest: source.versions[0], base });
  }
  const versions = [first, ...rest] as const;
  const resumed = resumeNew(source, { versions, from: base.guid }, planning);
  if (resumed !== undefined) return resumed;
  // Before anything is replaced: what is destroyed for versions that then can't be sent is lost for nothing.
  const theirs = owners.findSameNamed(source, versions, destination);
  if (theirs !== undefined) return conflict(theirs);
  const obstacle = placement.findObstacle(source, destination, base.guid);
  if (obstacle !== undefined) return replaceExisting(source, { destination, reason: obstacle }, planning);
  const nearby = copies.filter((copy) => poolOf(copy.dataset) === poolOf(destination));
  if (nearby.length === 0) {
    const origin = fullNameOf(chooseCopy(base, copies, planning));
    return conflict({ kind: 'origin-in-other-pool', origin, destination });
  }
  const copy = chooseCopy(base, nearby, planning);
  const origin = fullNameOf(copy);
  if (source.dataset.encrypted && model.findDataset(copy.dataset)?.encrypted === false) {
    return conflict({ kind: 'not-encrypted', destination: copy.dataset });
  }
  const steps = [{ kind: 'clone', from: base, to: first, origin }, ...followUp(first, rest)] as const;
  const after = [...(model.isPlanned(copy) ? [origin] : []), ...findPlannedAbove(destination, planning)];
  return makeChain({ source, destination, steps, after }, planning);
}

/**
 * Of several datasets that have a snapshot: the copy of the dataset that it is of, then the one at the place where that belongs, then
 * one that ends with it, then the first by name.
 */
function chooseCopy(
  base: Point,
  copies: readonly Snapshot[],
  { request, model, copies: finder }: Planning,
): Snapshot {
  const original = request.sender.get(base.dataset);
  const place = original && placeNew({ dataset: original }, request.destination, new Map());
  const rank = (copy: Snapshot): number =>
    (finder.isFoundCopy(original, copy.dataset) ? 0 : 4) +
    (copy.dataset === place ? 0 : 2) +
    (model.findNewerThan(base.guid, copy.dataset).length === 0 ? 0 : 1);
  return copies.reduce((best, next) => {
    const difference = rank(next) - rank(best);
    return difference < 0 || (difference === 0 && next.dataset < best.dataset) ? next : best;
  });
}

/** The receiver has nothing of the dataset's history. */
function startWhole(source: Source, planning: Planning): Decision {
  const { request, placement, owners } = planning;
  const { dataset, versions } = source;
  const [first, ...rest] = versions;
  const resumed = resumeNew(source, { versions, from: undefined }, planning);
  if (resumed !== undefined) return resumed;
  const theirs = owners.findTheirs(source);
  if (theirs !== undefined) {
    const reason = findDifferingVersion(versions, [theirs], 'replace') ?? {
      kind: 'no-common-version',
      streamline: isTagged(theirs) ? theirs.tag.streamline : '',
      theirs,
    };
    // What is somewhere else is nobody's to replace by this one.
    if (theirs.dataset === placement.choose(source)) {
      return replaceExisting(source, { destination: theirs.dataset, reason }, planning);
    }
    return conflict(
      reason.kind === 'version-differs'
        ? { ...reason, undo: undefined, isElsewhere: true }
        : { ...reason, isElsewhere: true },
    );
  }
  if (dataset.origin !== undefined) {
    // Where nothing that it was cloned from is a version, or all of that was passed by, no plan could ever bring the origin: the content
    // goes whole.
    const { sender, choice } = request;
    for (const point of walkHistory(sender, dataset)) {
      if (point.dataset === dataset.name || !(choice.datasets !== undefined || isTagged(point))) continue;
      if (hasPassed(point, planning)) continue;
      return conflict({ kind: 'origin-missing', origin: dataset.origin, nearest: point });
    }
  }
  const destination = placement.choose(source);
  if (destination === undefined) return withoutPlace(source, planning);
  const obstacle = placement.findObstacle(source, destination);
  if (obstacle !== undefined) return replaceExisting(source, { destination, reason: obstacle }, planning);
  const steps = [{ kind: 'full', to: first }, ...followUp(first, rest)] as const;
  return makeChain({ source, destination, steps, after: findPlannedAbove(destination, planning) }, planning);
}

/** Whether the receiver has something newer of a dataset than this point, and so can't get the point any more. */
function hasPassed({ dataset, createtxg }: Point, { request, model }: Planning): boolean {
  const { snapshots = [] } = request.sender.get(dataset) ?? {};
  return snapshots.some((snapshot) => snapshot.createtxg > createtxg && model.has(snapshot.guid));
}

function withoutPlace({ treeParent = '' }: Source, { placement }: Planning): Decision {
  const elsewhere = placement.whereElse(treeParent);
  return conflict({ kind: 'parent-without-place', parent: treeParent, elsewhere });
}

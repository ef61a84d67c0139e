import {
  isTagged,
  type Dataset,
  type Datasets,
  type Snapshot,
  type TaggedSnapshot,
} from '../streamline/dataset.js';
import { findVersions, walkHistory } from '../streamline/lineage.js';
import { ancestorsOf, baseNameOf, maxNameLength, poolOf } from '../zfs/names.js';
import type { Chain, Conflict, ConflictReason, Plan, Step, UpToDate } from './plan.js';
import { ReceiverModel, type Copy } from './receiver-model.js';

/** What to bring from where to where. */
export interface TransferRequest {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  /** Only these streamlines; all of them when left out. */
  readonly streamlines?: ReadonlySet<string>;
  /** The receiver's dataset under which new datasets go; they keep the sender's names when left out. */
  readonly destination?: string;
}

/** What is planned for one dataset of the sender. */
type Decision =
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'up-to-date'; readonly upToDate: UpToDate }
  | { readonly kind: 'conflict'; readonly reason: ConflictReason };

/** A dataset of the sender with its chosen versions, oldest first. */
interface Source {
  readonly dataset: Dataset;
  readonly versions: readonly [TaggedSnapshot, ...TaggedSnapshot[]];
}

/**
 * Plans the streams that give the receiver every chosen version it lacks, each version as a step of its own.
 * Snapshots are matched by GUID. The base of a dataset's first step is the newest snapshot of its history that the
 * receiver has or is about to get: in the same dataset it gives an increment, which goes wherever the receiver keeps
 * that base; in a dataset it was cloned from it gives a clone; without one, the whole content is sent.
 * What can't be sent without losing something is a conflict, and stops nothing else.
 */
export function planTransfer(request: TransferRequest): Plan {
  const model = new ReceiverModel(request.receiver);
  const chains: Chain[] = [];
  const upToDate: UpToDate[] = [];
  const conflicts: Conflict[] = [];
  for (const source of orderSources(request)) {
    const decision = decide(request, model, source);
    switch (decision.kind) {
      case 'chain': {
        const { chain } = decision;
        model.addPlanned(
          chain.source,
          chain.destination,
          chain.steps.map((step) => step.to),
        );
        chains.push(chain);
        break;
      }
      case 'up-to-date':
        upToDate.push(decision.upToDate);
        break;
      case 'conflict': {
        const streamlines = [...new Set(source.versions.map((version) => version.tag.streamline))];
        conflicts.push({ source: source.dataset.name, streamlines, reason: decision.reason });
        break;
      }
    }
  }
  return { parents: model.parents, chains, upToDate, conflicts };
}

/** The sender's datasets that have chosen versions: those that others were cloned from first, then by name. */
function orderSources({ sender, streamlines }: TransferRequest): Source[] {
  const sources: (Source & { cloneDepth: number })[] = [];
  for (const dataset of sender.values()) {
    const [first, ...rest] = dataset.snapshots
      .filter(isTagged)
      .filter((snapshot) => streamlines?.has(snapshot.tag.streamline) ?? true);
    if (first === undefined) continue;
    const history = new Set([...walkHistory(sender, dataset)].map((snapshot) => snapshot.dataset));
    sources.push({ dataset, versions: [first, ...rest], cloneDepth: history.size });
  }
  return sources.sort((a, b) => a.cloneDepth - b.cloneDepth || (a.dataset.name < b.dataset.name ? -1 : 1));
}

function decide(request: TransferRequest, model: ReceiverModel, source: Source): Decision {
  for (const snapshot of walkHistory(request.sender, source.dataset)) {
    const copies = model.findCopies(snapshot.guid);
    if (copies.length === 0) continue;
    return snapshot.dataset === source.dataset.name
      ? continueDataset(request, model, source, snapshot, copies)
      : startClone(request, model, source, snapshot, copies);
  }
  return startWhole(request, model, source);
}

/** The receiver has a snapshot of the dataset itself: increments land on it, wherever it is. */
function continueDataset(
  request: TransferRequest,
  model: ReceiverModel,
  source: Source,
  base: Snapshot,
  copies: readonly Copy[],
): Decision {
  const copy = chooseCopy(model, base, copies, place(request, source.dataset));
  const destination = copy.dataset;
  const [next, ...rest] = source.versions.filter((version) => version.createtxg > base.createtxg);
  if (next === undefined) {
    const newest = source.versions.at(-1) ?? source.versions[0];
    return model.findCopies(newest.guid).length > 0
      ? { kind: 'up-to-date', upToDate: { source: source.dataset.name, destination, newest } }
      : conflict({ kind: 'passed-by', destination, newest, base });
  }
  if (model.findDataset(destination)?.resumeToken !== undefined) {
    return conflict({ kind: 'partial-receive', destination });
  }
  const receiverOnly = model.findNewerThan(base.guid, destination);
  if (receiverOnly.length > 0) return conflict({ kind: 'diverged', destination, common: base, receiverOnly });
  const after = model.findPlannedSource(destination) === undefined ? undefined : destination;
  return toChain(
    source,
    destination,
    [{ kind: 'incremental', from: base, to: next }, ...followUp(next, rest)],
    after,
  );
}

/** The receiver has, or will have, a snapshot that the dataset was cloned from: it stays a clone there. */
function startClone(
  request: TransferRequest,
  model: ReceiverModel,
  source: Source,
  base: Snapshot,
  copies: readonly Copy[],
): Decision {
  const destination = place(request, source.dataset);
  const obstacle = findObstacle(model, source, destination);
  if (obstacle !== undefined) return conflict(obstacle);
  const nearby = copies.filter((copy) => poolOf(copy.dataset) === poolOf(destination));
  if (nearby.length === 0) {
    return conflict({
      kind: 'origin-in-other-pool',
      origin: chooseCopy(model, base, copies, destination).fullName,
      destination,
    });
  }
  const copy = chooseCopy(model, base, nearby, destination);
  const [first, ...rest] = source.versions;
  const clone: Step = { kind: 'clone', from: base, to: first, origin: copy.fullName };
  return toChain(
    source,
    destination,
    [clone, ...followUp(first, rest)],
    model.findPlannedSource(copy.dataset) === undefined ? undefined : copy.dataset,
  );
}

/** The receiver has nothing of the dataset's history. */
function startWhole(request: TransferRequest, model: ReceiverModel, source: Source): Decision {
  for (const { tag } of source.versions) {
    const [theirs] = findVersions(request.receiver, tag.streamline);
    if (theirs !== undefined) {
      return conflict({ kind: 'no-common-version', streamline: tag.streamline, theirs });
    }
  }
  const { dataset } = source;
  if (dataset.origin !== undefined) {
    // Where nothing that it was cloned from is a version, no plan could ever bring the origin: the content goes whole.
    const nearest = [...walkHistory(request.sender, dataset)].find(
      (snapshot) => isTagged(snapshot) && snapshot.dataset !== dataset.name,
    );
    if (nearest !== undefined && isTagged(nearest)) {
      return conflict({ kind: 'origin-missing', origin: dataset.origin, nearest });
    }
  }
  const destination = place(request, dataset);
  const obstacle = findObstacle(model, source, destination);
  if (obstacle !== undefined) return conflict(obstacle);
  const [first, ...rest] = source.versions;
  return toChain(source, destination, [{ kind: 'full', to: first }, ...followUp(first, rest)]);
}

/** The name that a dataset gets when it is new on the receiver. */
function place({ destination }: TransferRequest, dataset: Dataset): string {
  return destination === undefined ? dataset.name : `${destination}/${baseNameOf(dataset.name)}`;
}

/** What keeps a new dataset from being made under this name. */
function findObstacle(model: ReceiverModel, source: Source, destination: string): ConflictReason | undefined {
  const existing = model.findDataset(destination);
  if (existing !== undefined) {
    return {
      kind: existing.resumeToken === undefined ? 'destination-exists' : 'partial-receive',
      destination,
    };
  }
  const by = model.findPlannedSource(destination);
  if (by !== undefined) return { kind: 'name-taken', destination, by };
  const pool = poolOf(destination);
  if (model.findDataset(pool) === undefined) return { kind: 'no-pool', destination, pool };
  const volume = ancestorsOf(destination).find((parent) => model.findDataset(parent)?.type === 'volume');
  if (volume !== undefined) return { kind: 'parent-is-volume', destination, parent: volume };
  const longestSnapshot = Math.max(...source.versions.map((version) => version.name.length));
  if (destination.length + '@'.length + longestSnapshot > maxNameLength) {
    return { kind: 'name-too-long', destination };
  }
  return undefined;
}

/** Of several copies: one that can be continued, then the one at the expected place, then the first by name. */
function chooseCopy(model: ReceiverModel, base: Snapshot, copies: readonly Copy[], expected: string): Copy {
  const rank = (copy: Copy): number =>
    (model.findNewerThan(base.guid, copy.dataset).length === 0 ? 0 : 2) + (copy.dataset === expected ? 0 : 1);
  return copies.reduce((best, next) => {
    const difference = rank(next) - rank(best);
    return difference < 0 || (difference === 0 && next.fullName < best.fullName) ? next : best;
  });
}

function followUp(first: TaggedSnapshot, rest: readonly TaggedSnapshot[]): Step[] {
  return rest.map((to, index) => ({ kind: 'incremental', from: rest[index - 1] ?? first, to }));
}

function toChain(
  source: Source,
  destination: string,
  steps: readonly [Step, ...Step[]],
  after?: string,
): Decision {
  const { name, type, encrypted } = source.dataset;
  return { kind: 'chain', chain: { source: name, destination, type, raw: encrypted, steps, after } };
}

function conflict(reason: ConflictReason): Decision {
  return { kind: 'conflict', reason };
}

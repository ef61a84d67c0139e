import {
  fullNameOf,
  isTagged,
  type Dataset,
  type Datasets,
  type Point,
  type Snapshot,
} from '../streamline/dataset.js';
import { walkHistory } from '../streamline/lineage.js';
import { ancestorsOf, isPoolRoot, poolOf } from '../zfs/names.js';
import { follows, mostSources, type Role } from '../zfs/role.js';
import type { Chain, Conflict, ConflictReason, Plan, Preparation, Step, UpToDate } from './plan.js';
import { chooseAsideName, findTyingRoot, hideAsides, toAsideRole } from './aside.js';
import { decideGoneOn } from './gone-on.js';
import {
  isBegun,
  planAbortOfGone,
  planAbortOfLeftover,
  planAbortOfOurs,
  toPartialConflict,
} from './partial.js';
import { planArrival } from './arrival.js';
import { findKeyConflict, isCopy } from './key-fit.js';
import { poolGuidOf } from './copy-owners.js';
import { CopyFinder, type CopyFinding, type CopyRule } from './find-copy.js';
import { findLikelyPlaces, isTooLong, Placement } from './placement.js';
import { choosePropertyChanges, type PropertyRequest } from './properties.js';
import { ReceiverModel } from './receiver-model.js';
import { shareStreams } from './share-streams.js';
import { findHighest, findSources, type Choice, type Source } from './sources.js';
import { findDifferingVersion, VersionOwners } from './version-owners.js';

/** What to bring from where to where. */
export interface PlanRequest {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  readonly choice: Choice;
  /** The receiver's dataset under which new datasets go; they keep the sender's names when left out. */
  readonly destination: string | undefined;
  /** Undo what the receiver has after the newest common snapshot. */
  readonly rollback: boolean;
  /** Destroy datasets of the receiver that are in the way or have nothing in common. */
  readonly replace: boolean;
  /** Keep what the receiver has after the newest common snapshot as a dataset beside it, and go on. */
  readonly setAside?: boolean;
  /** When it is, as the end of the names of what is moved aside, e.g. `20261130T000531Z`. */
  readonly stamp?: string;
  /**
   * Snapshots of the receiver that are held, by full name. Holds are only known where they are asked for by name: left out in a first
   * plan, which tells what it would destroy.
   */
  readonly held?: ReadonlySet<string> | undefined;
  /** Full names of the receiver's snapshots that were encrypted anew there, as far as that was asked; none when left out. */
  readonly reencrypted?: ReadonlySet<string>;
  /** What destinations get beside their content; nothing when left out. */
  readonly properties?: PropertyRequest;
}

/** What is planned for one dataset of the sender. */
type Decision =
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'up-to-date'; readonly upToDate: UpToDate }
  /** There is nothing to send, and the highest version of a streamline isn't there. */
  | { readonly kind: 'passed-by'; readonly destination: string }
  | { readonly kind: 'conflict'; readonly reason: ConflictReason };

/**
 * Plans the streams that give the receiver every chosen version it lacks, each version as a step of its own.
 * Snapshots are matched by GUID. Increments go to the copy of a dataset (`CopyFinder`). Where there is none, the newest point of its
 * history that the receiver has or is about to get gives a clone; without one, the whole content is sent.
 * What can't be sent without losing something is a conflict, and stops nothing else.
 */
export function planTransfer(request: PlanRequest): Plan {
  return new Planner(request).plan();
}

/** One planning: what is asked for, and what is decided so far. */
class Planner {
  readonly #request: PlanRequest;
  readonly #model: ReceiverModel;
  readonly #placement: Placement;
  readonly #sources: readonly Source[];
  readonly #copies: CopyFinder;
  readonly #owners: VersionOwners;
  /** The sender's datasets that have a conflict, as far as was decided. */
  readonly #conflicting = new Set<string>();

  constructor(request: PlanRequest) {
    const { sender, choice, destination } = request;
    const receiver = hideAsides(request.receiver);
    this.#request = { ...request, receiver };
    this.#model = new ReceiverModel(receiver);
    this.#placement = new Placement(this.#model, {
      destination,
      allSnapshots: choice.datasets !== undefined,
    });
    this.#sources = findSources(sender, choice);
    const places = findLikelyPlaces(this.#sources, destination);
    this.#copies = new CopyFinder({ sender, model: this.#model, places });
    this.#owners = new VersionOwners(this.#request, this.#model, this.#copies.owners);
  }

  plan(): Plan {
    const chains: Chain[] = [];
    const upToDate: UpToDate[] = [];
    const conflicts: Conflict[] = [];
    for (const source of this.#sources) {
      const { name } = source.dataset;
      const streamlines = [...new Set(source.versions.filter(isTagged).map(({ tag }) => tag.streamline))];
      const decision = this.#decide(source);
      switch (decision.kind) {
        case 'chain':
          this.#record(decision.chain);
          chains.push(decision.chain);
          break;
        case 'up-to-date':
          this.#placement.assign(name, decision.upToDate.destination);
          upToDate.push(decision.upToDate);
          break;
        case 'passed-by':
          this.#placement.assign(name, decision.destination);
          break;
        case 'conflict':
          this.#noteConflict(source, decision.reason);
          conflicts.push({ source: name, streamlines, reason: decision.reason });
          continue;
      }
      conflicts.push(...this.#findPassedBy(source));
    }
    return { chains, upToDate, conflicts };
  }

  /** The streamlines whose highest version the receiver doesn't have, nor will get, since it has gone past it. */
  #findPassedBy(source: Source): Conflict[] {
    const { name } = source.dataset;
    const destination = this.#placement.whereIs(name);
    if (destination === undefined) return [];
    const missing = findHighest(source).filter(({ guid }) => !this.#model.has(guid));
    return missing.map((newest) => {
      const base = source.dataset.snapshots.findLast(({ guid }) => this.#model.has(guid)) ?? newest;
      const streamlines = isTagged(newest) ? [newest.tag.streamline] : [];
      return { source: name, streamlines, reason: { kind: 'passed-by', destination, newest, base } };
    });
  }

  #noteConflict(source: Source, reason: ConflictReason): void {
    const { name } = source.dataset;
    this.#conflicting.add(name);
    if (isThere(reason)) this.#placement.assign(name, reason.destination);
    else this.#placement.leaveEmpty(source);
  }

  #record({ source, destination, preparation, steps }: Chain): void {
    const [first] = steps;
    if (preparation?.kind === 'replace') this.#model.addCut(destination);
    const isCut = preparation?.kind === 'rollback' || preparation?.kind === 'set-aside';
    if (isCut && first.kind === 'incremental') {
      this.#model.addCut(destination, first.from.guid);
    }
    const origin = first.kind === 'clone' ? first.origin : undefined;
    this.#model.addPlanned(
      source,
      destination,
      steps.map((step) => step.to),
      origin,
    );
    this.#copies.record(source, destination);
    this.#placement.assign(source, destination);
  }

  #decide(source: Source): Decision {
    const finding = this.#copies.find(source, this.#placement.choose(source));
    switch (finding.kind) {
      case 'copy':
        this.#copies.record(source.dataset.name, finding.at.dataset);
        this.#placement.assign(source.dataset.name, finding.at.dataset);
        return this.#continueCopy(source, finding);
      case 'complete':
        return this.#toUpToDate(source, { destination: finding.dataset, receiverOnly: [], by: finding.by });
      case 'past-promoted':
        return conflict(finding);
      case 'unclear':
        return conflict({ ...this.#describeUnclear(source, finding), kind: 'copy-unclear' });
      case 'none':
        return this.#startNew(source);
    }
  }

  /** What may be the copy, with how it can be named. */
  #describeUnclear(
    source: Source,
    { base, candidates }: CopyFinding & { readonly kind: 'unclear' },
  ): Omit<ConflictReason & { readonly kind: 'copy-unclear' }, 'kind'> {
    const place = this.#placement.choose(source);
    const parent = ancestorsOf(place ?? '').at(-1);
    const isFree =
      place !== undefined &&
      this.#model.findDataset(place) === undefined &&
      (parent === undefined || this.#model.findDataset(parent) !== undefined) &&
      candidates.every((name) => poolOf(name) === poolOf(place));
    return { base, candidates, place, isFree };
  }

  /** The receiver has no copy: it gets a new dataset, a clone where it has something that this can be made of. */
  #startNew(source: Source): Decision {
    const place = this.#placement.choose(source) ?? '';
    for (const point of walkHistory(this.#request.sender, source.dataset)) {
      const copies = this.#model.findCopies(point.guid);
      // What is no clone goes whole to another pool than that in which somebody else's copy of it is.
      const isNearby = copies.some(({ dataset }) => poolOf(dataset) === poolOf(place));
      const isUseful = point.dataset === source.dataset.name ? isNearby : copies.length > 0;
      if (isUseful) return this.#startClone(source, point, copies);
    }
    return this.#startWhole(source);
  }

  #toUpToDate(source: Source, where: Pick<UpToDate, 'destination' | 'receiverOnly' | 'by'>): Decision {
    const newest = source.versions.findLast(({ guid }) => this.#model.has(guid)) ?? source.versions[0];
    const { guid } = this.#model.findDataset(where.destination) ?? {};
    // A quick look doesn't know what is written on what is in step.
    const isMarkable = guid !== undefined && this.#copies.isNoted(source, where.destination);
    const role = isMarkable ? this.#findRole(source, where.destination) : undefined;
    return {
      kind: 'up-to-date',
      upToDate: {
        source: source.dataset.name,
        newest,
        role,
        place: this.#placement.choose(source),
        ...where,
      },
    };
  }

  /** Increments land on the copy, unless it has gone on by itself. */
  #continueCopy(source: Source, { base, at: copy, by }: CopyFinding & { readonly kind: 'copy' }): Decision {
    const destination = copy.dataset;
    const receiverOnly = this.#model.findNewerThan(base.guid, destination);
    const [next, ...rest] = source.versions.filter((version) => version.createtxg > base.createtxg);
    if (next === undefined) {
      const isPassed = findHighest(source).some(({ guid }) => !this.#model.has(guid));
      if (isPassed) return { kind: 'passed-by', destination };
      return this.#toUpToDate(source, { destination, receiverOnly, by });
    }
    const existing = this.#model.findDataset(destination);
    if (existing !== undefined && source.dataset.encrypted && !existing.encrypted) {
      return conflict({ kind: 'not-encrypted', destination });
    }
    const shared = this.#model.findUpTo(base.guid, destination);
    const taken = findDifferingVersion([next, ...rest], shared, undefined);
    if (taken !== undefined) return conflict(taken);
    const steps = [{ kind: 'incremental', from: base, to: next }, ...followUp(next, rest)] as const;
    const writtenBytes = existing?.writtenBytes ?? 0;
    const isUntouched = receiverOnly.length === 0 && writtenBytes === 0;
    const { owners } = this.#copies;
    // Of what another host sends to the same copy, nothing is undone.
    const isForeign =
      owners.isForeign(destination) || (owners.isShared(destination) && receiverOnly.length > 0);
    const { rollback, setAside = false } = this.#request;
    const mayUndo = (rollback || setAside) && !isForeign;
    if (existing?.partial !== undefined && (isUntouched || mayUndo)) {
      if (isUntouched && isBegun(existing.partial, source.dataset, next, base.guid, this.#request.sender)) {
        const resumption: Step = { kind: 'resume', token: existing.partial.token, to: next };
        return this.#toChain(source, destination, [resumption, ...followUp(next, rest)], { by });
      }
      if (isForeign) return conflict(toPartialConflict(existing));
      const preparation =
        planAbortOfOurs(existing, source) ??
        (this.#request.choice.datasets !== undefined
          ? planAbortOfGone(existing, source, [base.guid])
          : undefined);
      if (preparation === undefined || !isUntouched) return conflict(toPartialConflict(existing));
      return this.#toChain(source, destination, steps, { preparation, by });
    }
    if (isUntouched) return this.#toChain(source, destination, steps, { by });

    const conflictAbove = this.#conflicting.has(source.treeParent ?? '') ? source.treeParent : undefined;
    const goneOn = {
      ...{ source, existing, common: base, copy, receiverOnly, writtenBytes, isForeign, conflictAbove },
    };
    const { preparation, reason } = decideGoneOn(goneOn, this.#request, this.#model);
    return reason === undefined
      ? this.#toChain(source, destination, steps, { preparation, by })
      : conflict(reason);
  }

  /**
   * The receiver has, or will have, a snapshot that the dataset was cloned from, or that it shares with the dataset which goes
   * on from there: it becomes a clone.
   */
  #startClone(source: Source, base: Point, copies: readonly Snapshot[]): Decision {
    const [first, ...rest] = source.versions.filter(
      (version) => version.dataset !== base.dataset || version.createtxg > base.createtxg,
    );
    const destination = this.#placement.choose(source);
    if (destination === undefined) return this.#withoutPlace(source);
    if (first === undefined) {
      return conflict({ kind: 'passed-by', destination, newest: source.versions[0], base });
    }
    const resumed = this.#resume(source, first, rest, base.guid);
    if (resumed !== undefined) return resumed;
    // Before anything is replaced: what is destroyed for versions that then can't be sent is lost for nothing.
    const theirs = this.#owners.findSameNamed(source, [first, ...rest], destination);
    if (theirs !== undefined) return conflict(theirs);
    const obstacle = this.#placement.findObstacle(source, destination, base.guid);
    if (obstacle !== undefined) return this.#replace(source, destination, obstacle);
    const nearby = copies.filter((copy) => poolOf(copy.dataset) === poolOf(destination));
    if (nearby.length === 0) {
      const origin = fullNameOf(this.#chooseCopy(base, copies, destination));
      return conflict({ kind: 'origin-in-other-pool', origin, destination });
    }
    const copy = this.#chooseCopy(base, nearby, destination);
    const origin = fullNameOf(copy);
    if (source.dataset.encrypted && this.#model.findDataset(copy.dataset)?.encrypted === false) {
      return conflict({ kind: 'not-encrypted', destination: copy.dataset });
    }
    const steps = [{ kind: 'clone', from: base, to: first, origin }, ...followUp(first, rest)] as const;
    return this.#toChain(source, destination, steps, {
      after: [...(this.#model.isPlanned(copy) ? [origin] : []), ...this.#findPlannedAbove(destination)],
    });
  }

  /** The receiver has nothing of the dataset's history. */
  #startWhole(source: Source): Decision {
    const { dataset, versions } = source;
    const [first, ...rest] = versions;
    const resumed = this.#resume(source, first, rest, undefined);
    if (resumed !== undefined) return resumed;
    const theirs = this.#owners.findTheirs(source);
    if (theirs !== undefined) {
      const reason = findDifferingVersion(versions, [theirs], 'replace') ?? {
        kind: 'no-common-version',
        streamline: isTagged(theirs) ? theirs.tag.streamline : '',
        theirs,
      };
      // What is somewhere else is nobody's to replace by this one.
      if (theirs.dataset === this.#placement.choose(source)) {
        return this.#replace(source, theirs.dataset, reason);
      }
      return conflict(
        reason.kind === 'version-differs' ? { ...reason, undo: undefined } : { ...reason, isElsewhere: true },
      );
    }
    if (dataset.origin !== undefined) {
      // Where nothing that it was cloned from is a version, or all of that was passed by, no plan could ever bring the origin: the content
      // goes whole.
      const { sender, choice } = this.#request;
      for (const point of walkHistory(sender, dataset)) {
        if (point.dataset === dataset.name || !(choice.datasets !== undefined || isTagged(point))) continue;
        if (this.#hasPassed(point)) continue;
        return conflict({ kind: 'origin-missing', origin: dataset.origin, nearest: point });
      }
    }
    const destination = this.#placement.choose(source);
    if (destination === undefined) return this.#withoutPlace(source);
    const obstacle = this.#placement.findObstacle(source, destination);
    if (obstacle !== undefined) return this.#replace(source, destination, obstacle);
    return this.#toChain(source, destination, [{ kind: 'full', to: first }, ...followUp(first, rest)], {
      after: this.#findPlannedAbove(destination),
    });
  }

  /** Whether the receiver has something newer of a dataset than this point, and so can't get the point any more. */
  #hasPassed({ dataset, createtxg }: Point): boolean {
    const { snapshots = [] } = this.#request.sender.get(dataset) ?? {};
    return snapshots.some((snapshot) => snapshot.createtxg > createtxg && this.#model.has(snapshot.guid));
  }

  /** The rest of a new dataset whose receive was interrupted at its place, if it is the very stream that would be sent. */
  #resume(
    source: Source,
    first: Snapshot,
    rest: readonly Snapshot[],
    from: bigint | undefined,
  ): Decision | undefined {
    const existing = this.#model.findPartialOf(first.guid);
    if (existing?.partial === undefined || existing.snapshots.length > 0) return undefined;
    // What is under way elsewhere may be another sender's.
    if (existing.name !== this.#placement.choose(source)) return undefined;
    if (!isBegun(existing.partial, source.dataset, first, from, this.#request.sender)) return undefined;
    const step: Step = { kind: 'resume', token: existing.partial.token, to: first };
    return this.#toChain(source, existing.name, [step, ...followUp(first, rest)], { isNew: true });
  }

  /** With `--replace`, destroys what is in the way, if that is possible; otherwise it's a conflict. */
  #replace(source: Source, destination: string, reason: ConflictReason): Decision {
    const existing = this.#model.findDataset(destination);
    if (existing === undefined || !isReplaceable(reason)) return conflict(reason);
    const copyOf = this.#owners.findCopied(source, existing);
    if (copyOf !== undefined) {
      return conflict(
        reason.kind === 'version-differs' ? { ...reason, undo: undefined } : { ...reason, copyOf },
      );
    }
    if (this.#copies.owners.isAnothers(source.dataset, destination)) {
      return conflict(
        reason.kind === 'version-differs' ? { ...reason, undo: undefined } : { ...reason, isMarked: true },
      );
    }
    if (!this.#request.replace) return conflict(reason);
    // Nothing is destroyed before its successor is there, and the root of a pool can't be moved out of the way.
    if (isPoolRoot(destination)) return conflict(reason);
    const dependents = this.#model.findDependents(destination);
    const tiedTo = findTyingRoot(existing, this.#model);
    if (tiedTo !== undefined)
      return conflict({ kind: 'destination-exists', destination, dependents, tiedTo });
    const { held: known, sender, stamp = '' } = this.#request;
    const held = existing.snapshots.filter((snapshot) => known?.has(fullNameOf(snapshot)) === true);
    if (held.length > 0) return conflict({ kind: 'destination-exists', destination, dependents, held });
    if (dependents.length > 0 || this.#model.findPlannedSource(destination) !== undefined) {
      return conflict({ kind: 'destination-exists', destination, dependents });
    }
    const aside = chooseAsideName(existing, 'replaced', { model: this.#model, stamp });
    if (aside === undefined) return conflict({ kind: 'name-too-long', destination });
    const [first, ...rest] = source.versions;
    return this.#toChain(source, destination, [{ kind: 'full', to: first }, ...followUp(first, rest)], {
      preparation: {
        ...{ kind: 'replace', aside, role: toAsideRole(source, sender), guid: existing.guid },
        type: existing.type,
        destroys: [...existing.snapshots].reverse(),
        writtenBytes: existing.writtenBytes,
      },
    });
  }

  #withoutPlace({ treeParent = '' }: Source): Decision {
    return conflict({ kind: 'parent-without-place', parent: treeParent });
  }

  #toChain(
    source: Source,
    destination: string,
    steps: readonly [Step, ...Step[]],
    {
      preparation: given,
      after = [],
      isNew = steps[0].kind === 'full' || steps[0].kind === 'clone',
      by,
    }: { preparation?: Preparation; after?: readonly string[]; isNew?: boolean; by?: CopyRule } = {},
  ): Decision {
    const { name, type, encrypted } = source.dataset;
    if (steps.some(({ to }) => isTooLong(destination, to))) {
      return conflict({ kind: 'name-too-long', destination });
    }
    const [first] = steps;
    const leftover =
      first.kind === 'full' || first.kind === 'clone' ? this.#model.findDataset(destination) : undefined;
    const allSnapshots = this.#request.choice.datasets !== undefined;
    const base = first.kind === 'clone' ? first.from.guid : undefined;
    const preparation =
      given ??
      (leftover?.partial === undefined
        ? undefined
        : planAbortOfLeftover(leftover, source, { base, allSnapshots }));
    const parents = this.#model.findMissingParents(destination);
    const keyConflict = encrypted
      ? findKeyConflict(
          {
            ...{ source: source.dataset, destination, first, sender: this.#request.sender },
            reencrypted: this.#request.reencrypted ?? new Set(),
          },
          this.#model,
        )
      : undefined;
    if (keyConflict !== undefined) return conflict(keyConflict);
    const arrival = planArrival(
      {
        ...{ source: source.dataset, destination, first, isNew, makesParents: parents.length > 0 },
        parent: this.#findParentAlike(source, destination),
        properties: choosePropertyChanges(this.#request.properties, source.dataset, first, isNew),
      },
      this.#model,
    );
    if (arrival.kind === 'conflict') return arrival;
    const { properties, omitted, parentsInClear } = arrival;
    this.#model.noteEncryption(destination, arrival.encryption);
    const chain = {
      ...{ source: name, destination, type, raw: encrypted, omitted },
      ...{ parents, parentsInClear, preparation, properties, after },
      role: this.#findRole(source, destination, preparation),
      place: this.#placement.choose(source),
      by,
    };
    return { kind: 'chain', chain: { ...chain, steps: shareStreams(steps, source.dataset) } };
  }

  /** What is to be written down on a copy, so that it is found wherever it is moved; undefined where that is there, or can't be said. */
  #findRole(
    { dataset: { name, guid } }: Source,
    destination: string,
    preparation?: Preparation,
  ): Role | undefined {
    const poolGuid = poolGuidOf(this.#request.sender, name);
    if (guid === undefined || poolGuid === undefined) return undefined;
    const existing = this.#model.findDataset(destination)?.role;
    const known = existing?.kind === 'copy' && preparation?.kind !== 'replace' ? existing : undefined;
    // What is moved aside first leaves its name to another dataset.
    const isMoved = preparation !== undefined && 'aside' in preparation;
    if (!isMoved && follows(known, { guid })) return undefined;
    // What was this sender's before is gone, or has its past here.
    const others = known?.sources.filter((source) => this.#copies.owners.isElsewhere(source)) ?? [];
    return { kind: 'copy', sources: [{ guid, poolGuid }, ...others.slice(0, mostSources - 1)] };
  }

  /** What a dataset lies below on the sender, if it is to lie below the copy of that: its tree's, or what is right above it. */
  #findParentAlike({ dataset: { name }, treeParent }: Source, destination: string): Dataset | undefined {
    const { sender } = this.#request;
    if (treeParent !== undefined) return sender.get(treeParent);
    const above = sender.get(ancestorsOf(name).at(-1) ?? '');
    const place = ancestorsOf(destination).at(-1) ?? '';
    return isCopy(above, place, { sender, model: this.#model }) ? above : undefined;
  }

  /** The nearest dataset above a new one that an earlier chain makes, if one does. */
  #findPlannedAbove(destination: string): string[] {
    return ancestorsOf(destination)
      .filter((parent) => this.#model.findPlannedSource(parent) !== undefined)
      .slice(-1);
  }

  /** Of several copies: one that can be continued, then the one at the expected place, then the first by name. */
  #chooseCopy(base: Point, copies: readonly Snapshot[], expected: string | undefined): Snapshot {
    const rank = (copy: Snapshot): number =>
      (this.#model.findNewerThan(base.guid, copy.dataset).length === 0 ? 0 : 2) +
      (copy.dataset === expected ? 0 : 1);
    return copies.reduce((best, next) => {
      const difference = rank(next) - rank(best);
      return difference < 0 || (difference === 0 && next.dataset < best.dataset) ? next : best;
    });
  }
}

function followUp(first: Snapshot, rest: readonly Snapshot[]): Step[] {
  return rest.map((to, index) => ({ kind: 'incremental', from: rest[index - 1] ?? first, to }));
}

/** Whether it is about a dataset that `--replace` may destroy. */
function isReplaceable(reason: ConflictReason): reason is ConflictReason & {
  readonly kind: 'destination-exists' | 'no-common-version' | 'version-differs';
} {
  return ['destination-exists', 'no-common-version', 'version-differs'].includes(reason.kind);
}

/** Whether it is about a copy that is there, though it can't be continued. */
function isThere(
  reason: ConflictReason,
): reason is ConflictReason & { readonly kind: 'diverged' | 'modified' | 'passed-by' | 'past-promoted' } {
  return ['diverged', 'modified', 'passed-by', 'past-promoted'].includes(reason.kind);
}

function conflict(reason: ConflictReason): Decision {
  return { kind: 'conflict', reason };
}

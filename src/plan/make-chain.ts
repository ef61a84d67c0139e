import type { Dataset, Snapshot } from '../streamline/dataset.js';
import { ancestorsOf } from '../zfs/names.js';
import { planArrival } from './arrival.js';
import { chooseRole } from './choose-role.js';
import type { CopyRule } from './find-copy.js';
import { findKeyConflict, isCopy } from './key-fit.js';
import { planAbortOfLeftover } from './partial.js';
import { isTooLong } from './placement.js';
import type { Step } from './plan.js';
import type { Preparation } from './preparation.js';
import { conflict, type Decision, type Planning } from './planning.js';
import { choosePropertyChanges } from './properties.js';
import { shareStreams } from './share-streams.js';
import type { Source } from './sources.js';

/** The steps that were decided for a dataset of the sender. */
export interface DecidedSteps {
  readonly source: Source;
  readonly destination: string;
  readonly steps: readonly [Step, ...Step[]];
  /** What is done first; when left out, room is made where an interrupted receive of ours is in the way. */
  readonly preparation?: Preparation | undefined;
  /** What earlier chains have to bring first; nothing when left out. */
  readonly after?: readonly string[];
  /** Whether the destination is new; when left out, what the first step says. */
  readonly isNew?: boolean;
  /** What makes the destination the copy; left out where it is new. */
  readonly by?: CopyRule;
}

/** Makes a chain of steps, with what the receiver has to be like for it; a conflict where it can't arrive as it should. */
export function makeChain(
  { source, destination, steps, preparation: given, after = [], by, ...decided }: DecidedSteps,
  planning: Planning,
): Decision {
  const { request, model, placement } = planning;
  const { name, type, encrypted } = source.dataset;
  if (steps.some(({ to }) => isTooLong(destination, to))) {
    return conflict({ kind: 'name-too-long', destination });
  }
  const [first] = steps;
  const isMadeByIt = first.kind === 'full' || first.kind === 'clone';
  const { isNew = isMadeByIt } = decided;
  const leftover = isMadeByIt ? model.findDataset(destination) : undefined;
  const allSnapshots = request.choice.datasets !== undefined;
  const base = first.kind === 'clone' ? first.from.guid : undefined;
  const preparation =
    given ??
    (leftover?.partial === undefined
      ? undefined
      : planAbortOfLeftover(leftover, source, { base, allSnapshots }));
  const parents = model.findMissingParents(destination);
  const keyConflict = encrypted
    ? findKeyConflict(
        {
          ...{ source: source.dataset, destination, first, sender: request.sender },
          reencrypted: request.reencrypted ?? new Set(),
        },
        model,
      )
    : undefined;
  if (keyConflict !== undefined) return conflict(keyConflict);
  const arrival = planArrival(
    {
      ...{ source: source.dataset, destination, first, isNew, makesParents: parents.length > 0 },
      parent: findParentAlike(source, destination, planning),
      properties: choosePropertyChanges(request.properties, source.dataset, first, isNew),
    },
    model,
  );
  if (arrival.kind === 'conflict') return arrival;
  const { properties, omitted, parentsInClear } = arrival;
  model.noteEncryption(destination, arrival.encryption);
  const chain = {
    ...{ source: name, destination, type, raw: encrypted, omitted },
    ...{ parents, parentsInClear, preparation, properties, after },
    role: chooseRole(source.dataset, { destination, preparation }, planning),
    place: placement.choose(source),
    by,
  };
  return { kind: 'chain', chain: { ...chain, steps: shareStreams(steps, source.dataset) } };
}

/** The increments that bring versions which follow each other. */
export function followUp(first: Snapshot, rest: readonly Snapshot[]): Step[] {
  return rest.map((to, index) => ({ kind: 'incremental', from: rest[index - 1] ?? first, to }));
}

/** The nearest dataset above a new one that an earlier chain makes, if one does. */
export function findPlannedAbove(destination: string, { model }: Planning): string[] {
  return ancestorsOf(destination)
    .filter((parent) => model.findPlannedSource(parent) !== undefined)
    .slice(-1);
}

/** What a dataset lies below on the sender, if it is to lie below the copy of that: its tree's, or what is right above it. */
function findParentAlike(
  { dataset: { name }, treeParent }: Source,
  destination: string,
  { request: { sender }, model }: Planning,
): Dataset | undefined {
  if (treeParent !== undefined) return sender.get(treeParent);
  const above = sender.get(ancestorsOf(name).at(-1) ?? '');
  const place = ancestorsOf(destination).at(-1) ?? '';
  return isCopy(above, place, { sender, model }) ? above : undefined;
}

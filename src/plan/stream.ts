import { fullNameOf, type Snapshot } from '../streamline/dataset.js';
import { cloneArguments } from '../zfs/clone.js';
import { promoteArguments, renameArguments } from '../zfs/move.js';
import {
  destroyBookmarkArguments,
  destroyDatasetArguments,
  destroyRunArguments,
  rollbackArguments,
} from '../zfs/destroy.js';
import { abortReceiveArguments, type Landing } from '../zfs/receive.js';
import { noPropertyChanges } from '../zfs/properties.js';
import type { Stream, StreamOption } from '../zfs/send.js';
import type { Chain, Step } from './plan.js';

/** Steps of one chain that go in one stream; several are increments that follow each other. */
export type StreamSteps = readonly [Step, ...Step[]];

/** One stream of a chain, with the steps that it brings. */
export interface PlannedStream {
  readonly chain: Chain;
  readonly steps: StreamSteps;
}

/** The steps of a chain by the streams that bring them: one each, but for those that share one. */
export function groupByStream({ steps }: Chain): StreamSteps[] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const group = groups.at(-1);
    if (group !== undefined && step.kind === 'incremental' && step.sharesStream === true) group.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** What the sender's zfs is asked for to bring these steps. @param omitted which of the usual options aren't said */
export function streamOf(
  { raw, omitted: planned }: Chain,
  [first, ...others]: StreamSteps,
  omitted: readonly StreamOption[] = planned,
): Stream {
  switch (first.kind) {
    case 'resume':
      return { kind: 'resume', token: first.token };
    case 'full':
      return { kind: 'whole', to: fullNameOf(first.to), raw, omitted };
    case 'incremental':
    case 'clone': {
      const [from, to] = [fullNameOf(first.from), fullNameOf((others.at(-1) ?? first).to)];
      return { kind: others.length === 0 ? 'increment' : 'increments', from, to, raw, omitted };
    }
  }
}

/**
 * What the receiver's zfs is asked for by a stream.
 * @param omitted which of the usual options aren't said
 * @param isNamed whether the snapshot is named, if it is a single one: zfs refuses streams of several datasets then
 */
export function landingOf(
  chain: Chain,
  [step, ...others]: StreamSteps,
  omitted: readonly StreamOption[] = chain.omitted,
  isNamed = false,
): Landing {
  return {
    destination: chain.destination,
    snapshot: isNamed && others.length === 0 ? step.to.name : undefined,
    type: chain.type,
    origin: step.kind === 'clone' ? step.origin : undefined,
    makesFilesystem: (step.kind === 'full' || step.kind === 'clone') && chain.type === 'filesystem',
    properties: step === chain.steps[0] ? chain.properties : noPropertyChanges,
    isResumable: !omitted.includes('-s'),
  };
}

/** The calls of zfs that do to the destination what has to be done before its chain, as arguments, one after another. */
export function preparationCalls({ destination, preparation, type }: Chain): string[][] {
  if (preparation === undefined) return [];
  switch (preparation.kind) {
    case 'abort':
      return [abortReceiveArguments(destination)];
    case 'rollback': {
      return [
        ...destroyRun(destination, preparation.destroys),
        ...preparation.bookmarks.map((bookmark) => destroyBookmarkArguments(fullNameOf(bookmark))),
        rollbackArguments(preparation.to),
      ];
    }
    case 'replace':
      return [renameArguments(destination, preparation.aside)];
    case 'set-aside': {
      const { aside, to } = preparation;
      return [
        renameArguments(destination, aside),
        // A clone of what is encrypted takes no key (seen on OpenZFS 2.3.2).
        cloneArguments(
          `${aside}${to.slice(destination.length)}`,
          destination,
          type === 'filesystem' ? [{ name: 'canmount', value: 'noauto' }] : [],
        ),
        promoteArguments(destination),
      ];
    }
  }
}

/** The calls of zfs that are made when all that a chain brings is there, as arguments, one after another. */
export function conclusionCalls({ preparation }: Chain): string[][] {
  if (preparation?.kind !== 'replace') return [];
  const { aside, destroys } = preparation;
  return [...destroyRun(aside, destroys), destroyDatasetArguments(aside)];
}

/** @param newestFirst snapshots of a dataset that follow each other there */
function destroyRun(dataset: string, newestFirst: readonly Snapshot[]): string[][] {
  const [oldest, ...newer] = newestFirst.map(({ name }) => name).reverse();
  return oldest === undefined ? [] : [destroyRunArguments(dataset, [oldest, ...newer])];
}

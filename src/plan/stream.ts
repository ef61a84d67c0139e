import { fullNameOf } from '../streamline/dataset.js';
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

/** What the receiver's zfs is asked for in a step. @param omitted which of the usual options aren't said */
export function landingOf(
  chain: Chain,
  step: Step,
  omitted: readonly StreamOption[] = chain.omitted,
): Landing {
  return {
    destination: chain.destination,
    origin: step.kind === 'clone' ? step.origin : undefined,
    makesFilesystem: (step.kind === 'full' || step.kind === 'clone') && chain.type === 'filesystem',
    properties: step === chain.steps[0] ? chain.properties : noPropertyChanges,
    isResumable: !omitted.includes('-s'),
  };
}

/** The calls of zfs that do to the destination what was asked for by name, as arguments, one after another. */
export function preparationCalls({ destination, preparation }: Chain): string[][] {
  if (preparation === undefined) return [];
  if (preparation.kind === 'abort') return [abortReceiveArguments(destination)];
  const [oldest, ...newer] = preparation.destroys.map(({ name }) => name).reverse();
  const calls = oldest === undefined ? [] : [destroyRunArguments(destination, [oldest, ...newer])];
  if (preparation.kind === 'destroy') return [...calls, destroyDatasetArguments(destination)];
  return [
    ...calls,
    ...preparation.bookmarks.map((bookmark) => destroyBookmarkArguments(fullNameOf(bookmark))),
    rollbackArguments(preparation.to),
  ];
}

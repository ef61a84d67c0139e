import { fullNameOf } from '../streamline/dataset.js';
import { destroyDatasetArguments, destroySnapshotsArguments, rollbackArguments } from '../zfs/destroy.js';
import { abortReceiveArguments, type Landing } from '../zfs/receive.js';
import type { Stream } from '../zfs/send.js';
import type { Chain, Step } from './plan.js';

/** What the sender's zfs is asked for in a step. */
export function streamOf(chain: Chain, step: Step): Stream {
  switch (step.kind) {
    case 'resume':
      return { kind: 'resume', token: step.token };
    case 'full':
      return { kind: 'whole', to: fullNameOf(step.to), raw: chain.raw };
    case 'incremental':
    case 'clone':
      return { kind: 'increment', from: fullNameOf(step.from), to: fullNameOf(step.to), raw: chain.raw };
  }
}

/** What the receiver's zfs is asked for in a step. */
export function landingOf(chain: Chain, step: Step): Landing {
  return {
    destination: chain.destination,
    origin: step.kind === 'clone' ? step.origin : undefined,
    makesFilesystem: (step.kind === 'full' || step.kind === 'clone') && chain.type === 'filesystem',
    properties: step === chain.steps[0] ? chain.properties : { set: [], exclude: [] },
  };
}

/** The calls of zfs that do to the destination what was asked for by name, as arguments, one after another. */
export function preparationCalls({ destination, preparation }: Chain): string[][] {
  if (preparation === undefined) return [];
  if (preparation.kind === 'abort') return [abortReceiveArguments(destination)];
  const names = preparation.destroys.map((snapshot) => snapshot.name);
  return [
    ...(names.length === 0 ? [] : [destroySnapshotsArguments(destination, names)]),
    preparation.kind === 'rollback'
      ? rollbackArguments(preparation.to)
      : destroyDatasetArguments(destination),
  ];
}

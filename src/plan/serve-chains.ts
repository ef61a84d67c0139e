import type { Dataset, Datasets, Point, Snapshot } from '../streamline/dataset.js';
import type { Chain, Plan, Step } from './plan.js';

/**
 * The same plan with another sender: one that has all the snapshots that the plan sends, by GUID and name, as it has received them. What arrives and
 * where is the same.
 * @param server what the other sender holds
 * @returns undefined where it can't send all of it: it lacks a snapshot or a base, stores it with another encryption, or is to continue a stream
 *   that another host has begun
 */
export function serveChains(plan: Plan, server: Datasets): Plan | undefined {
  const datasetsByGuid = indexByGuid(server);
  const chains: Chain[] = [];
  for (const chain of plan.chains) {
    const served = serveChain(chain, datasetsByGuid);
    if (served === undefined) return undefined;
    chains.push(served);
  }
  return { ...plan, chains };
}

/** The datasets that have a snapshot, or a bookmark of it, by its GUID. */
function indexByGuid(datasets: Datasets): Map<bigint, Dataset[]> {
  const index = new Map<bigint, Dataset[]>();
  for (const dataset of datasets.values()) {
    for (const { guid } of [...dataset.snapshots, ...dataset.bookmarks]) {
      const holders = index.get(guid) ?? [];
      if (!holders.includes(dataset)) index.set(guid, [...holders, dataset]);
    }
  }
  return index;
}

function serveChain(
  chain: Chain,
  datasetsByGuid: ReadonlyMap<bigint, readonly Dataset[]>,
): Chain | undefined {
  const [{ to: first }] = chain.steps;
  for (const dataset of datasetsByGuid.get(first.guid) ?? []) {
    // What is encrypted travels raw; what is decrypted on its way needs a key there.
    if (dataset.type !== chain.type || dataset.encrypted !== chain.raw) continue;
    const [step, ...others] = chain.steps.map((each) => serveStep(each, dataset, datasetsByGuid));
    if (step === undefined || others.some((other) => other === undefined)) continue;
    return {
      ...chain,
      source: dataset.name,
      steps: [step, ...others.filter((other) => other !== undefined)],
    };
  }
  return undefined;
}

function serveStep(
  step: Step,
  dataset: Dataset,
  datasetsByGuid: ReadonlyMap<bigint, readonly Dataset[]>,
): Step | undefined {
  const to = dataset.snapshots.find(({ guid, name }) => guid === step.to.guid && name === step.to.name);
  if (to === undefined) return undefined;
  switch (step.kind) {
    case 'full':
      return { kind: 'full', to };
    case 'incremental': {
      const from = findPoint(dataset, step.from);
      // Each step goes alone: between two of them, the other sender may have snapshots that aren't to be sent.
      return from === undefined ? undefined : { kind: 'incremental', from, to };
    }
    case 'clone': {
      // Only a snapshot, or a bookmark of it, in the history of the dataset itself can be its base.
      const holders = datasetsByGuid.get(step.from.guid) ?? [];
      const holder = holders.find(({ name }) => dataset.origin?.startsWith(`${name}@`)) ?? dataset;
      const from = findPoint(holder, step.from);
      return from === undefined ? undefined : { kind: 'clone', from, to, origin: step.origin };
    }
    case 'resume':
      return undefined;
  }
}

/** A snapshot, or else a bookmark of it. */
function findPoint({ snapshots, bookmarks }: Dataset, { guid }: Point): Snapshot | Point | undefined {
  return snapshots.find((one) => one.guid === guid) ?? bookmarks.find((one) => one.guid === guid);
}

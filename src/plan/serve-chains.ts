import type { Dataset, Datasets, Point, Snapshot } from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { datasetOf } from '../streamline/lineage.js';
import type { Chain, Plan, Step } from './plan.js';

/**
 * The same plan with another sender: one that has all the snapshots that the plan sends, by GUID and name, as it has received them. What arrives and
 * where is the same.
 * @param server what the other sender holds
 * @returns undefined where it can't send all of it: it lacks a snapshot or a base, stores it with another encryption, or is to continue a stream
 *   that another host has begun
 */
export function serveChains(plan: Plan, server: Datasets): Plan | undefined {
  const host: ServingHost = { datasets: server, snapshots: new GuidIndex(server) };
  const chains: Chain[] = [];
  for (const chain of plan.chains) {
    const served = serveChain(chain, host);
    if (served === undefined) return undefined;
    chains.push(served);
  }
  return { ...plan, chains };
}

/** What the other sender holds. */
interface ServingHost {
  readonly datasets: Datasets;
  readonly snapshots: GuidIndex;
}

function serveChain(chain: Chain, host: ServingHost): Chain | undefined {
  for (const { dataset: name } of host.snapshots.find(chain.steps[0].to.guid)) {
    const dataset = host.datasets.get(name);
    // What is encrypted travels raw; what is decrypted on its way needs a key there.
    if (dataset?.type !== chain.type || dataset.encrypted !== chain.raw) continue;
    const [step, ...others] = chain.steps.map((each) => serveStep(each, dataset, host));
    const known = others.filter((other) => other !== undefined);
    if (step === undefined || known.length < others.length) continue;
    return { ...chain, source: name, steps: [step, ...known] };
  }
  return undefined;
}

function serveStep(step: Step, dataset: Dataset, host: ServingHost): Step | undefined {
  const to = findSnapshot(dataset, step.to, host);
  if (to?.name !== step.to.name) return undefined;
  switch (step.kind) {
    case 'full':
      return { kind: 'full', to };
    case 'incremental': {
      const from = findPoint(dataset, step.from, host);
      // Each step goes alone: between two of them, the other sender may have snapshots that aren't to be sent.
      return from === undefined ? undefined : { kind: 'incremental', from, to };
    }
    case 'clone': {
      // Only what is in the history of the dataset itself can be its base.
      const holder = dataset.origin === undefined ? dataset : host.datasets.get(datasetOf(dataset.origin));
      const from = holder === undefined ? undefined : findPoint(holder, step.from, host);
      return from === undefined ? undefined : { kind: 'clone', from, to, origin: step.origin };
    }
    case 'resume':
      return undefined;
  }
}

/** The same snapshot in a dataset. */
function findSnapshot({ name }: Dataset, { guid }: Point, { snapshots }: ServingHost): Snapshot | undefined {
  return snapshots.find(guid).find(({ dataset }) => dataset === name);
}

/** The same, or else a bookmark of it. */
function findPoint(dataset: Dataset, point: Point, host: ServingHost): Point | undefined {
  return findSnapshot(dataset, point, host) ?? dataset.bookmarks.find(({ guid }) => guid === point.guid);
}

import type { Chain } from '../../plan/plan.js';
import type { ParentMaker } from '../around/make-parents.js';
import { prepareDestination, type Obstacle } from '../around/prepare-destination.js';
import type { ReceiverRecord } from './receiver-record.js';
import type { TransferContext } from './transfer-context.js';

/** Makes the parents that the destinations of chains lack. @returns the chains that have a place then; the record has the others as failed */
export async function makeParentsOf(
  chains: readonly Chain[],
  parents: ParentMaker,
  record: ReceiverRecord,
): Promise<readonly Chain[]> {
  const failures = await parents.make(chains.map(({ destination }) => destination));
  for (const [dataset, error] of failures) record.failParent(dataset, error);
  return chains.filter((chain) => {
    const missing = parents.findFailedAbove(chain.destination);
    if (missing !== undefined) record.skip(chain, missing);
    return missing === undefined;
  });
}

/**
 * Does to the destinations of chains what has to be done before, and tells of what is moved aside.
 * @param signal stops it
 * @returns what went wrong, which ends it
 */
export async function prepareDestinations(
  chains: readonly Chain[],
  { receiver, replaced, emit, signal: stop }: TransferContext,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const host = receiver.host.name;
  for (const chain of chains) {
    replaced.add(chain, host);
    const obstacle = await prepareDestination(receiver, chain, signal);
    if (obstacle !== undefined && obstacle.fault !== 'lost') replaced.remove(chain);
    stop.throwIfAborted();
    if (obstacle !== undefined) return obstacle;
    replaced.confirm(chain);
    const { destination, preparation } = chain;
    if (preparation?.kind !== 'replace' && preparation?.kind !== 'set-aside') continue;
    const isKept = preparation.kind === 'set-aside';
    emit({ kind: 'moved-aside', host, destination, aside: preparation.aside, isKept });
  }
  return undefined;
}

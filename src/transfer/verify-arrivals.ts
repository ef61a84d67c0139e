import { ZfsVmError } from '../errors.js';
import type { Chain } from '../plan/plan.js';
import { readNamedSnapshots } from '../inventory/read-inventory.js';
import { fullNameOf } from '../streamline/dataset.js';
import type { LaneContext } from './run-lane.js';
import type { Arrival } from './event.js';

/** A chain of which the receiver doesn't have what it said that it had received. */
export interface Missing {
  readonly chain: Chain;
  readonly error: ZfsVmError;
}

/**
 * Asks the receiver, in one command, for the last snapshot that each chain brought, and compares the GUIDs. ZFS has received
 * the ones before it, or it would have refused the last.
 * @param done the steps that the receiver says are done, each chain's in order
 * @returns the chains whose dataset doesn't have what was sent
 */
export async function verifyArrivals(
  done: readonly Arrival[],
  { receiver, emit, signal }: LaneContext,
): Promise<Missing[]> {
  if (done.length === 0) return [];
  const last = [...new Map(done.map(({ chain, step }) => [chain, step]))].map(([chain, { to }]) => ({
    ...{ chain, guid: to.guid },
    name: `${chain.destination}@${to.name}`,
  }));
  const names = last.map(({ name }) => name);
  const rows = await readNamedSnapshots(receiver, names, signal);
  const found = new Map(rows.map((row) => [fullNameOf(row), row.guid]));
  const missing = last.flatMap(({ chain, name, guid }): Missing[] => {
    const other = found.get(name);
    if (other === guid) return [];
    const what = other === undefined ? 'is not there' : `has the GUID ${other}, and not ${guid}`;
    const error = new ZfsVmError('failed', `${receiver.host.name}: ${name} was received, and now ${what}`, {
      hint: 'somebody else may be at work on it; run the same command again',
    });
    return [{ chain, error }];
  });
  emit({ kind: 'verified', datasets: last.length - missing.length });
  return missing;
}

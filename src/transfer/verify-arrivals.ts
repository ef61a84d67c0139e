import { ZfsVmError } from '../errors.js';
import { readNamedSnapshots } from '../inventory/read-inventory.js';
import { fullNameOf } from '../streamline/dataset.js';
import type { LaneContext } from './run-lane.js';
import type { Arrival } from './event.js';

/**
 * Asks the receiver, in one command, for the last snapshot that each chain brought, and compares the GUIDs. ZFS has received
 * the ones before it, or it would have refused the last.
 * @param done the steps that the receiver says are done, each chain's in order
 * @returns an error for each dataset that doesn't have what was sent
 */
export async function verifyArrivals(
  done: readonly Arrival[],
  { receiver, emit, signal }: LaneContext,
): Promise<ZfsVmError[]> {
  if (done.length === 0) return [];
  const guids = new Map<string, bigint>();
  for (const { chain, step } of new Map(done.map((arrival) => [arrival.chain, arrival])).values()) {
    guids.set(`${chain.destination}@${step.to.name}`, step.to.guid);
  }
  const rows = await readNamedSnapshots(receiver, [...guids.keys()], signal);
  const found = new Map(rows.map((row) => [fullNameOf(row), row.guid]));
  const errors = [...guids].flatMap(([name, guid]) => {
    const other = found.get(name);
    if (other === guid) return [];
    const what = other === undefined ? 'is not there' : `has the GUID ${other}, and not ${guid}`;
    return [
      new ZfsVmError('failed', `${receiver.host.name}: ${name} was received, and now ${what}`, {
        hint: 'somebody else may be at work on it; run the same command again',
      }),
    ];
  });
  emit({ kind: 'verified', datasets: guids.size - errors.length });
  return errors;
}

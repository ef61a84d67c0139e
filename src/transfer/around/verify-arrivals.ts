import { ZfsVmError } from '../../base/errors.js';
import { readNamedSnapshots } from '../../inventory/read-about.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { LaneContext } from '../lanes/run-lane.js';
import type { Arrival } from '../event.js';

/** A dataset of the receiver that doesn't have what it said that it had received. */
export interface Missing {
  readonly destination: string;
  readonly error: ZfsVmError;
}

/**
 * Asks the receiver, in one command, for the last snapshot that came to each dataset, and compares the GUIDs. ZFS has received
 * the ones before it, or it would have refused the last.
 * @param done the steps that the receiver says are done, each chain's in order
 * @returns the datasets that don't have what was sent
 */
export async function verifyArrivals(
  done: readonly Arrival[],
  { receiver, emit, signal }: LaneContext,
): Promise<Missing[]> {
  if (done.length === 0) return [];
  const steps = new Map(done.map(({ chain, step }) => [chain.destination, step]));
  const last = [...steps].map(([destination, { to }]) => ({
    ...{ destination, guid: to.guid },
    name: `${destination}@${to.name}`,
  }));
  const names = last.map(({ name }) => name);
  const rows = await readNamedSnapshots(receiver, names, signal);
  const found = new Map(rows.map((row) => [fullNameOf(row), row.guid]));
  const missing = last.flatMap(({ destination, name, guid }): Missing[] => {
    const other = found.get(name);
    if (other === guid) return [];
    const what = other === undefined ? 'is missing' : `has the GUID ${other}, not ${guid}`;
    const error = new ZfsVmError('failed', `${receiver.host.name}: ${name} was received, but now ${what}`, {
      hint: 'another process may be changing the dataset; run the same command again',
    });
    return [{ destination, error }];
  });
  emit({ kind: 'verified', datasets: last.length - missing.length });
  return missing;
}

import type { Endpoint } from '../../host/endpoint.js';
import { readHeld } from '../../inventory/read-about.js';
import type { Destruction } from '../../plan/destruction.js';
import { planDeletes, type DeletesRequest } from '../../plan/plan-deletes.js';
import { fullNameOf } from '../../streamline/dataset.js';

/**
 * Finds what of the receiver's versions goes because the sender no longer has it. The receiver is asked which of them are held, if
 * there are any.
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function findDeletes(
  request: Omit<DeletesRequest, 'held'>,
  receiver: Endpoint,
  signal: AbortSignal,
): Promise<Destruction[]> {
  const candidates = planDeletes({ ...request, held: new Set() });
  const names = candidates.flatMap(({ snapshots }) => snapshots.map(fullNameOf));
  return planDeletes({ ...request, held: await readHeld(receiver, names, signal) });
}

import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import type { Destruction } from '../../plan/destruction.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { destroyVersions } from './destroy-versions.js';
import type { Fault, TransferEvent } from '../event.js';

/** What deleting works with. */
export interface DeleteContext {
  readonly receiver: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
  /** Looks at both hosts again: what would be shown by now. */
  readonly findNow: () => Promise<readonly Destruction[]>;
}

/** What deleting came to. */
export interface DeleteResult {
  /** How many snapshots are gone. */
  readonly deleted: number;
  readonly errors: readonly ZfsVmError[];
  readonly faults: readonly Fault[];
}

/**
 * Destroys, of the receiver's versions that the sender no longer has, those that were shown; less what something has come to need
 * since.
 * @throws the signal's reason when it is aborted
 */
export async function deleteGone(
  shown: readonly Destruction[],
  { receiver, emit, signal, findNow }: DeleteContext,
): Promise<DeleteResult> {
  const host = receiver.host.name;
  const errors: ZfsVmError[] = [];
  const faults: Fault[] = [];
  let deleted = 0;
  try {
    const destructions = intersect(shown, await findNow());
    await destroyVersions(receiver, destructions, signal, (destruction, error) => {
      if (error === undefined) {
        deleted += destruction.snapshots.length;
        emit({ kind: 'deleted', host, destruction });
      } else {
        errors.push(error);
        faults.push('failed');
        emit({ kind: 'delete-failed', host, destruction, error });
      }
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof ZfsVmError)) throw error;
    errors.push(error);
    faults.push(error.kind === 'connection' ? 'lost' : 'failed');
    emit({ kind: 'trouble', error });
  }
  return { deleted, errors, faults };
}

/** What was shown, and would be shown by now. */
function intersect(shown: readonly Destruction[], now: readonly Destruction[]): Destruction[] {
  const allowed = new Map(
    shown.flatMap(({ snapshots }) => snapshots.map((each) => [fullNameOf(each), each.guid])),
  );
  return now
    .map(({ dataset, snapshots }) => ({
      dataset,
      snapshots: snapshots.filter((each) => allowed.get(fullNameOf(each)) === each.guid),
    }))
    .filter(({ snapshots }) => snapshots.length > 0);
}

import { setMaxListeners } from 'node:events';
import { localName } from '../../base/local-name.js';
import { ZfsVmError } from '../../base/errors.js';
import type { TransferResult } from '../../transfer/event.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import type { ReceiverOutcome } from '../transfer-outcome.js';
import { Attempts } from './attempts.js';
import { ReceiverTransfer, type FirstLook, type ReceiverRequest } from './receiver-transfer.js';
import { senderOf } from './sides.js';
import { SharedReading } from './shared-reading.js';

/** Does something with the receivers, and closes all connections whatever comes of it. */
export async function withReceivers<T>(
  requests: readonly ReceiverRequest[],
  surroundings: Surroundings,
  work: (receivers: readonly ReceiverTransfer[]) => Promise<T>,
): Promise<T> {
  // Each of many receivers listens to it, which is no leak.
  setMaxListeners(0, surroundings.signal);
  return Hosts.use(surroundings, async (hosts) => {
    const isPush = requests.some(({ route }) => route.kind === 'push');
    const pusher = isPush
      ? Promise.resolve(hosts.openLocal())
      : Promise.reject(new Error('only a push sends from this machine'));
    pusher.catch(() => undefined);
    const receivers = requests.map((request) => new ReceiverTransfer(request, surroundings, pusher));
    const [sender = localName] = requests.map(({ route }) => senderOf(route));
    surroundings.emit({ kind: 'receivers', sender, receivers: receivers.map(({ name }) => name) });
    try {
      return await work(receivers);
    } finally {
      await Promise.all(receivers.map((receiver) => receiver.close()));
    }
  });
}

/** Begins to look at all receivers, with the sender read once. */
export function lookAt(receivers: readonly ReceiverTransfer[]): FirstLook[] {
  const shared = receivers.length > 1 ? new SharedReading() : undefined;
  return receivers.map((receiver) => {
    const look = receiver.look(shared);
    // Each is waited for later, and who waits hears of it.
    look.prepared.catch(() => undefined);
    look.connecting.catch(() => undefined);
    return look;
  });
}

/** All attempts for a receiver. What goes wrong is the outcome. */
export async function attempt(
  { receiver, prepared }: FirstLook,
  inRound: Promise<TransferResult> | undefined,
  surroundings: Surroundings,
): Promise<ReceiverOutcome> {
  const outcome = { receiver: receiver.name, ending: undefined, error: undefined };
  try {
    const ending = await new Attempts(receiver, surroundings).run(prepared, inRound);
    return { ...outcome, ending };
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    return { ...outcome, error };
  } finally {
    await receiver.close();
  }
}

/** Tells of the receivers that failed, each error once; what was the same for all of them is thrown instead. */
export class FailureTeller {
  readonly #count: number;
  readonly #surroundings: Surroundings;
  readonly #told = new Set<ZfsVmError>();

  /** @param count how many receivers there are */
  constructor(count: number, surroundings: Surroundings) {
    this.#count = count;
    this.#surroundings = surroundings;
  }

  tell({ receiver, error }: { readonly receiver: string; readonly error: ZfsVmError | undefined }): void {
    const { emit, signal } = this.#surroundings;
    if (this.#count === 1 || error === undefined || this.#told.has(error) || signal.aborted) return;
    this.#told.add(error);
    emit({ kind: 'receiver-failed', receiver, error });
  }

  /** @throws ZfsVmError when it was the same for all of them, and wasn't told */
  tellAll(ends: readonly { readonly receiver: string; readonly error: ZfsVmError | undefined }[]): void {
    const [first] = ends;
    const isCommon =
      ends.length === this.#count && ends.every(({ error }) => error?.message === first?.error?.message);
    if (isCommon && this.#told.size === 0 && first?.error !== undefined) throw first.error;
    for (const end of ends) this.tell(end);
  }
}

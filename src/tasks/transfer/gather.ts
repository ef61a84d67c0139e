import type { Clock } from '../../base/clock.js';

/** How long those who are ready wait for the others. */
export interface Patience {
  /** For how long after the first one is ready, once all are connected; undefined for ever. */
  readonly waitMs: number | undefined;
  /** When it is known of each whether it could be connected to: a person may have to type a password meanwhile. */
  readonly connecting: readonly Promise<unknown>[];
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/**
 * Waits for all who may become ready, and not much longer than for the first one.
 * @param preparing fulfils for each when it is ready, and rejects when it won't be
 * @returns those who are ready, by their places among all
 */
export async function gather<T>(
  preparing: readonly Promise<T>[],
  { waitMs, connecting, clock, signal }: Patience,
): Promise<ReadonlyMap<number, T>> {
  const ready = new Map<number, T>();
  const all = Promise.allSettled(
    preparing.map(async (each, index) => {
      ready.set(index, await each);
    }),
  );
  const over = new AbortController();
  const losePatience = async (timeMs: number): Promise<void> => {
    await Promise.allSettled(connecting);
    await Promise.any(preparing);
    await clock.sleep(timeMs, AbortSignal.any([over.signal, signal]));
  };
  // Where none is ready, or the wait is stopped, all are done soon.
  const patience = waitMs === undefined ? all : losePatience(waitMs).catch(() => all);
  await Promise.race([all, patience]);
  over.abort();
  return new Map([...ready].sort(([one], [other]) => one - other));
}

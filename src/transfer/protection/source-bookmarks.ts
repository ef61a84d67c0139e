import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { ask } from '../../host/ask.js';
import { runCommand } from '../../host/run-command.js';
import { explainZfsFailure } from '../../zfs/failure.js';
import { poolOf } from '../../zfs/names.js';
import { bookmarkProgram, programArguments } from '../../zfs/protect.js';

/** How many bookmarks are made in one command, whose line has a limit: names have 255 characters at most. */
const namesAtOnce = 200;

/** Whether the rights were there, as far as anybody knows. */
type Allowed = 'allowed' | 'denied';

/**
 * Makes bookmarks of snapshots of the sender, with their names, so that an increment has a base here also when a snapshot is gone.
 * Best effort: what is there already is passed over, and where the rights are lacking or the host is lost, it is done without.
 */
export class SourceBookmarks {
  readonly #sender: Endpoint;
  readonly #signal: AbortSignal;
  /** What needs no second try, by full name. */
  readonly #made = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(sender: Endpoint, signal: AbortSignal) {
    this.#sender = sender;
    this.#signal = signal;
  }

  /** Makes bookmarks of these snapshots, when those that it was asked for before are made. */
  make(snapshots: readonly string[]): Promise<Allowed> {
    const making = this.#last.then(() => this.#makeMissing(snapshots));
    this.#last = making;
    return making;
  }

  async #makeMissing(snapshots: readonly string[]): Promise<Allowed> {
    const missing = [...new Set(snapshots)].filter((snapshot) => !this.#made.has(snapshot));
    let allowed: Allowed = 'allowed';
    for (const pool of new Set(missing.map(poolOf))) {
      const ofPool = missing.filter((snapshot) => poolOf(snapshot) === pool);
      for (let start = 0; start < ofPool.length; start += namesAtOnce) {
        const some = ofPool.slice(start, start + namesAtOnce);
        if ((await this.#makeSome(some, pool)) === 'denied') allowed = 'denied';
      }
    }
    return allowed;
  }

  /** In one process and one transaction where that is allowed, one by one where it isn't. */
  async #makeSome(snapshots: readonly string[], pool: string): Promise<Allowed> {
    const { host, zfs, gate } = this.#sender;
    const signal = this.#signal;
    try {
      const program = [...zfs, ...programArguments(pool), ...snapshots];
      // A gate lets no programs through.
      const isDone =
        gate?.isThere !== true &&
        isSuccess((await runCommand(host, program, { input: bookmarkProgram, signal })).exit);
      if (!isDone) {
        const records = snapshots.map((name) => ({ name }));
        const request = { kind: 'bookmark-all' } as const;
        const { exit, stderr } = await ask<'bookmark-all'>(this.#sender, request, () => records, { signal });
        if (explainZfsFailure(stderr)?.kind === 'denied') return 'denied';
        if (!isSuccess(exit)) return 'allowed';
      }
      for (const snapshot of snapshots) this.#made.add(snapshot);
    } catch (error) {
      if (!this.#signal.aborted && !(error instanceof ZfsVmError)) throw error;
    }
    return 'allowed';
  }
}

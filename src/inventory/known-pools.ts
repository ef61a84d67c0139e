import { ZfsVmError } from '../base/errors.js';
import { poolOf } from '../zfs/names.js';

/**
 * The pools that a run works with. A host that restarts may let us in before it has imported them; what it has then is no
 * reason to plan anew, and still less to be content.
 */
export class KnownPools {
  readonly #poolsOf = new Map<string, Set<string>>();

  /** Notes where something was sent from, or to. @param datasets names of datasets on this host */
  note(hostName: string, datasets: Iterable<string>): void {
    const pools = this.#poolsOf.get(hostName) ?? new Set();
    for (const dataset of datasets) pools.add(poolOf(dataset));
    this.#poolsOf.set(hostName, pools);
  }

  /**
   * Looks whether a host has all of its pools that were noted.
   * @param datasets the names of all its datasets
   * @throws ZfsVmError `connection` when one is missing
   */
  check(hostName: string, datasets: Iterable<string>): void {
    const pools = new Set([...datasets].map(poolOf));
    const missing = [...(this.#poolsOf.get(hostName) ?? [])].find((pool) => !pools.has(pool));
    if (missing === undefined) return;
    throw new ZfsVmError('connection', `${hostName}: pool "${missing}" is missing, but was present before`, {
      hint: 'if the host has just booted, wait until the pool is imported; otherwise run "zpool import" on that host',
    });
  }
}

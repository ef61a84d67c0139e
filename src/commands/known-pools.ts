import { ZfsVmError } from '../errors.js';
import { poolOf } from '../zfs/names.js';

/**
 * The pools that a run has seen. A host that restarts may let us in before it has imported them; what it has then is no
 * reason to plan anew, and still less to be content.
 */
export class KnownPools {
  readonly #poolsOf = new Map<string, ReadonlySet<string>>();

  /**
   * Remembers the pools that a host has.
   * @param datasets the names of all its datasets
   * @throws ZfsVmError `connection` when it had another one earlier in this run
   */
  check(hostName: string, datasets: Iterable<string>): void {
    const pools = new Set([...datasets].map(poolOf));
    const missing = [...(this.#poolsOf.get(hostName) ?? [])].find((pool) => !pools.has(pool));
    if (missing !== undefined) {
      throw new ZfsVmError(
        'connection',
        `${hostName}: the pool "${missing}" is gone, which was there before`,
        {
          hint: `if the host has just started, wait until it is imported; if not, see "zpool import" there`,
        },
      );
    }
    this.#poolsOf.set(hostName, pools);
  }
}

import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveHosts } from '../../config/config.js';
import type { VersionPattern } from '../../streamline/selection.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import { compareHosts } from './compare-hosts.js';
import type { Status } from './status-result.js';

/** What this machine is compared with. */
export interface StatusRequest {
  /** Hosts as people name them; all remotes of the configuration when there is none. */
  readonly hosts?: readonly string[] | undefined;
  /** Only versions that fit one of them count; all when there is none. */
  readonly patterns?: readonly VersionPattern[] | undefined;
  /** Whether the sizes of what a push would send are wanted, for which zfs is called once more for each stream. */
  readonly wantsSizes?: boolean | undefined;
}

/**
 * Compares this machine with other hosts, and changes nothing. A host that can't be read is told of in its place.
 * @throws ZfsVmError when there is no host to compare with, this machine can't be read, or a pattern fits nothing
 */
export async function status(
  { hosts: words = [], patterns = [], wantsSizes = false }: StatusRequest,
  surroundings: Surroundings,
): Promise<Status> {
  const { config, clock, signal } = surroundings;
  const names = words.length > 0 ? resolveHosts(config, words) : [...config.remotes.keys()];
  if (names.length === 0) {
    throw new ZfsVmError('usage', 'no hosts to compare with', {
      hint: 'give a host, or add remotes to the configuration file',
    });
  }
  if (names.includes(localName)) {
    throw new ZfsVmError('usage', 'status compares other hosts with this machine', {
      hint: `omit ${localName}`,
    });
  }
  const choice = { patterns, latest: false };
  return Hosts.use(surroundings, (hosts) =>
    compareHosts({ hosts, names, config, choice, wantsSizes, dateMs: clock.dateMs, signal }),
  );
}

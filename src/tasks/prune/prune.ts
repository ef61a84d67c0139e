import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { retentionFor, type Config } from '../../config/config.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import type { Endpoint } from '../../host/endpoint.js';
import type { Retention } from '../../plan/retention.js';
import type { VersionPattern } from '../../streamline/selection.js';
import { checkKept, checkPatterns } from '../check-request.js';
import { Hosts } from '../hosts.js';
import type { Pruning } from '../pruning.js';
import type { Surroundings } from '../surroundings.js';
import { preparePrune, type PreparedPrune } from './prepare-prune.js';
import { measurePrune, pruneHost } from './prune-host.js';

/** Which versions go, and where. */
export interface PruneRequest {
  /** A host as people name it; this machine when it is undefined. */
  readonly host?: string | undefined;
  /** Only versions that fit one of them may go; any when there is none. */
  readonly patterns?: readonly VersionPattern[] | undefined;
  /** What is kept of each streamline; when undefined, what the configuration says of this very host. */
  readonly retention?: Retention | undefined;
  /** Hosts that get their versions from there, and must be able to go on. */
  readonly receivers?: readonly string[] | undefined;
}

/**
 * Destroys the versions of a host that no rule keeps, after asking.
 * @throws ZfsVmError when it can't be done, or isn't confirmed; what is wrong with some of the versions is in the result
 */
export async function prune(request: PruneRequest, surroundings: Surroundings): Promise<Pruning> {
  return withPlan(request, surroundings, pruneHost);
}

/** Plans what `prune` would do, with what that would free, and changes nothing. @throws ZfsVmError when that can't be done */
export async function planPrune(request: PruneRequest, surroundings: Surroundings): Promise<Pruning> {
  return withPlan(request, surroundings, measurePrune);
}

async function withPlan(
  request: PruneRequest,
  surroundings: Surroundings,
  use: (endpoint: Endpoint, prepared: PreparedPrune, surroundings: Surroundings) => Promise<Pruning>,
): Promise<Pruning> {
  const { host = localName, patterns = [], retention, receivers: names = [] } = request;
  const { config, clock, signal, emit } = surroundings;
  const retentionOf = retention === undefined ? findConfigured(config, host) : (): Retention => retention;
  return Hosts.use(surroundings, async (hosts) => {
    const [endpoint, receivers] = await Promise.all([
      hosts.open(host),
      Promise.all(names.map((name) => hosts.open(name))),
    ]);
    const nowSeconds = clock.dateMs() / 1000;
    const prepared = await preparePrune(endpoint, {
      ...{ patterns, retentionOf, receivers, nowSeconds, signal },
    });
    const { datasets, malformedTags } = prepared.inventory;
    const { name } = endpoint.host;
    emit({ kind: 'malformed-tags', host: name, malformedTags });
    checkPatterns({ patterns }, name, datasets, { mayBePruned: true });
    if (retention !== undefined) checkKept(retention, name, datasets);
    return use(endpoint, prepared, surroundings);
  });
}

/**
 * What the configuration says of the streamlines of a host. The rules of the file are for this machine: other hosts, which may be archives, have
 * their own.
 * @throws ZfsVmError `usage` when it says nothing of any
 */
function findConfigured(config: Config, host: string): (streamline: string) => Retention | undefined {
  const isHere = host === localName;
  const rules = isHere ? config.retentions : resolveRemote(config, host).retentions;
  if (rules.length > 0) return (streamline) => retentionFor(rules, streamline);
  throw new ZfsVmError('usage', `no retention rules given${isHere ? '' : ` for ${host}`}`, {
    hint: isHere
      ? 'give at least one rule, e.g. --keep-last 3, or add rules to the configuration file'
      : 'give at least one rule, e.g. --keep-last 30, or add rules for this remote to the configuration file; those for this machine do not count there',
  });
}

import { localName } from '../../base/local-name.js';
import { retentionFor, type StreamlineRetention } from '../../config/config.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import type { Endpoint } from '../../host/endpoint.js';
import type { Foresight } from '../../plan/foresight.js';
import type { KnownHost } from '../../plan/receiver-needs.js';
import type { Retention } from '../../plan/retention.js';
import type { VersionPattern } from '../../streamline/selection.js';
import { Hosts } from '../hosts.js';
import { preparePrune, readKnownHost, type PruneChoice } from '../prune/prepare-prune.js';
import { measurePrune, pruneHost } from '../prune/prune-host.js';
import type { Pruning } from '../pruning.js';
import type { Surroundings } from '../surroundings.js';
import type { Failures } from './failures.js';

/** What is pruned, and by which rules. */
export interface PruneSidesRequest {
  /** The hosts that were pushed to, as people name them. */
  readonly hostNames: readonly string[];
  readonly patterns: readonly VersionPattern[];
  /** What is kept on this machine; when undefined, what the configuration says. */
  readonly retention: Retention | undefined;
}

/** The rules for a streamline; undefined for one that is left alone. */
type RetentionOf = (streamline: string) => Retention | undefined;

/**
 * Prunes what there are rules for: the hosts, and then this machine, so that the hosts can go on.
 * @param foresight what the hosts will have by then, where it is only told what would go; undefined where it goes
 */
export async function pruneSides(
  { hostNames, patterns, retention }: PruneSidesRequest,
  surroundings: Surroundings,
  { foresight, failures }: { readonly foresight: Foresight | undefined; readonly failures: Failures },
): Promise<Pruning[]> {
  const { config, clock, signal } = surroundings;
  const ownRules = retention === undefined ? toRules(config.retentions) : (): Retention => retention;
  const rulesOf = (name: string): RetentionOf | undefined => toRules(resolveRemote(config, name).retentions);
  const others = hostNames.filter((name) => name !== localName);
  const wanted = others.filter((name) => ownRules !== undefined || rulesOf(name) !== undefined);
  return Hosts.use(surroundings, async (hosts) => {
    const opened = await Promise.allSettled(wanted.map((name) => hosts.open(name)));
    const receivers: Endpoint[] = [];
    let reading: Promise<KnownHost> | undefined;
    const readSenders = async (): Promise<KnownHost[]> => {
      // Once for all hosts: pruning them changes nothing here.
      reading ??= readKnownHost(hosts.openLocal(), 'tagged', { foresight, signal });
      return [await reading];
    };
    const prunings: Pruning[] = [];
    const pruneOne = async (
      open: () => Endpoint | Promise<Endpoint>,
      choice: Pick<PruneChoice, 'retentionOf' | 'receivers' | 'readSenders'>,
    ): Promise<void> => {
      await failures.attempt(async () => {
        const endpoint = await open();
        const nowSeconds = clock.dateMs() / 1000;
        const prepared = await preparePrune(endpoint, { ...choice, patterns, nowSeconds, foresight, signal });
        const pruning =
          foresight === undefined
            ? pruneHost(endpoint, prepared, surroundings)
            : measurePrune(endpoint, prepared, surroundings, foresight);
        prunings.push(await pruning);
      });
    };
    for (const [index, name] of wanted.entries()) {
      const opening = opened[index];
      const retentionOf = rulesOf(name);
      if (opening?.status === 'fulfilled') receivers.push(opening.value);
      if (retentionOf === undefined) continue;
      await pruneOne(() => hosts.open(name), { retentionOf, receivers: [], readSenders });
    }
    // A receiver that can't be asked goes on from the bookmarks that the pushes have left.
    if (ownRules !== undefined) await pruneOne(() => hosts.openLocal(), { retentionOf: ownRules, receivers });
    return prunings;
  });
}

function toRules(rules: readonly StreamlineRetention[]): RetentionOf | undefined {
  return rules.length === 0 ? undefined : (streamline) => retentionFor(rules, streamline);
}

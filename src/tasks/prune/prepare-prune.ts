import type { Endpoint } from '../../host/endpoint.js';
import type { Inventory } from '../../inventory/inventory.js';
import { readHeld } from '../../inventory/read-about.js';
import { readInventory, type ReadOptions } from '../../inventory/read-inventory.js';
import type { Foresight } from '../../plan/foresight.js';
import { planPrune, type PrunePlan, type PruneRequest } from '../../plan/plan-prune.js';
import type { KnownHost } from '../../plan/receiver-needs.js';
import type { Retention } from '../../plan/retention.js';
import type { Destruction } from '../../plan/destruction.js';
import { repeatable } from '../../base/repeatable.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { VersionPattern } from '../../streamline/selection.js';

/** What may be pruned on a host. */
export interface PruneChoice {
  /** Only versions that fit one of them may go; any when there is none. */
  readonly patterns: readonly VersionPattern[];
  /** The rules for a streamline; one without any is left alone. */
  readonly retentionOf: (streamline: string) => Retention | undefined;
  /** Hosts whose increments have to go on. */
  readonly receivers: readonly Endpoint[];
  /** Reads the hosts that have to be able to go on sending there. It is asked only if something would go. */
  readonly readSenders?: () => Promise<readonly KnownHost[]>;
  /** What the hosts will have by then; only for what is planned, and not done. */
  readonly foresight?: Foresight | undefined;
  readonly nowSeconds: number;
  readonly signal: AbortSignal;
}

/** What would be pruned, and how it was found. */
export interface PreparedPrune {
  readonly inventory: Inventory;
  readonly plan: PrunePlan;
  /** The plan when there is no bookmark of these snapshots, by full name. */
  readonly planWithout: (bookmarks: ReadonlySet<string>) => PrunePlan;
}

/**
 * Reads a host, and the receivers, all at once, and plans what goes. What would go is asked for once more: whether it is held, which
 * the list of all snapshots doesn't tell.
 * @throws ZfsVmError when a host can't be reached or read: then nothing is destroyed
 */
export async function preparePrune(endpoint: Endpoint, choice: PruneChoice): Promise<PreparedPrune> {
  const { patterns, retentionOf, nowSeconds, foresight, signal } = choice;
  const [inventory, receivers] = await Promise.all([
    readInventory(endpoint, { scope: 'tagged', details: true, signal }),
    Promise.all(choice.receivers.map((receiver) => readKnownHost(receiver, 'all', { foresight, signal }))),
  ]);
  const datasets = foresight?.apply(endpoint.host.name, inventory.datasets) ?? inventory.datasets;
  const known = { datasets, patterns, retentionOf, nowSeconds, receivers };
  const { destructions } = planPrune({ ...known, senders: [], held: new Set() });
  const names = repeatable(() => listNames(destructions));
  const [held, senders = []] = await Promise.all([
    readHeld(endpoint, names, signal),
    destructions.length === 0 ? undefined : choice.readSenders?.(),
  ]);
  const request: PruneRequest = { ...known, senders, held };
  return {
    inventory,
    plan: planPrune(request),
    planWithout: (withoutBookmark) => planPrune({ ...request, withoutBookmark }),
  };
}

function* listNames(destructions: readonly Destruction[]): Generator<string> {
  for (const { snapshots } of destructions) for (const snapshot of snapshots) yield fullNameOf(snapshot);
}

/** Reads what another host has. @throws ZfsVmError when it can't be read */
export async function readKnownHost(
  endpoint: Endpoint,
  scope: ReadOptions['scope'],
  { foresight, signal }: Pick<PruneChoice, 'foresight' | 'signal'>,
): Promise<KnownHost> {
  const { name } = endpoint.host;
  const { datasets } = await readInventory(endpoint, { scope, signal });
  return { name, datasets: foresight?.apply(name, datasets) ?? datasets };
}

import type { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import type { Destruction } from '../../plan/destruction.js';
import type { Foresight } from '../../plan/foresight.js';
import type { PrunePlan } from '../../plan/plan-prune.js';
import {
  bookmarkSnapshots,
  destroyVersions,
  measureReclaim,
} from '../../transfer/around/destroy-versions.js';
import type { Loss } from '../loss.js';
import type { Pruning } from '../pruning.js';
import type { Surroundings } from '../surroundings.js';
import type { PreparedPrune } from './prepare-prune.js';

/**
 * Asks what a plan for a host would free, and tells it; changes nothing.
 * @param foresight what of it the host will only have by then
 * @throws ZfsVmError when the host is lost
 */
export async function measurePrune(
  endpoint: Endpoint,
  prepared: PreparedPrune,
  surroundings: Surroundings,
  foresight?: Foresight,
): Promise<Pruning> {
  const run = new PruneRun(endpoint, prepared, surroundings);
  await run.measure(foresight);
  return run.pruning;
}

/**
 * Destroys what a plan for a host says, after asking.
 * @throws ZfsVmError when the host is lost before all is done, or the task is ended: what was destroyed by then has been told; and when
 * it isn't confirmed
 */
export async function pruneHost(
  endpoint: Endpoint,
  prepared: PreparedPrune,
  surroundings: Surroundings,
): Promise<Pruning> {
  const run = new PruneRun(endpoint, prepared, surroundings);
  await run.measure();
  await run.confirm();
  try {
    await run.destroy();
  } finally {
    // Also when it is ended: what was destroyed by then is told.
    surroundings.emit({ kind: 'pruned', pruning: run.pruning });
  }
  return run.pruning;
}

/** The pruning of a host, under way. */
class PruneRun {
  readonly #endpoint: Endpoint;
  readonly #prepared: PreparedPrune;
  readonly #surroundings: Surroundings;
  readonly #failures: ZfsVmError[] = [];
  #plan: PrunePlan;
  #reclaim: ReadonlyMap<Destruction, number | ZfsVmError> = new Map();
  readonly #ended = new Map<Destruction, ZfsVmError | undefined>();

  constructor(endpoint: Endpoint, prepared: PreparedPrune, surroundings: Surroundings) {
    this.#endpoint = endpoint;
    this.#prepared = prepared;
    this.#surroundings = surroundings;
    this.#plan = prepared.plan;
  }

  get pruning(): Pruning {
    const { name: host } = this.#endpoint.host;
    return {
      ...{ host, plan: this.#plan, reclaim: this.#reclaim },
      ...{ ended: this.#ended, failures: this.#failures },
    };
  }

  /** Asks what would be freed, and tells the plan with it. */
  async measure(foresight?: Foresight): Promise<void> {
    await this.#measurePlan(foresight);
    this.#surroundings.emit({ kind: 'prune-planned', pruning: this.pruning });
  }

  /** @throws ZfsVmError `conflict` when what would be destroyed isn't confirmed */
  async confirm(): Promise<void> {
    const { signal, confirm } = this.#surroundings;
    const { name: host } = this.#endpoint.host;
    const losses = this.#possible.map((destruction): Loss => ({ kind: 'deletion', host, destruction }));
    if (losses.length > 0) await confirm(losses);
    signal.throwIfAborted();
  }

  /** First the bookmarks that take the place of what goes. A version whose bookmark can't be made stays. */
  async destroy(): Promise<void> {
    const { signal } = this.#surroundings;
    const snapshots = this.#plan.bookmarks.map(({ snapshot }) => snapshot);
    const failures = await bookmarkSnapshots(this.#endpoint, snapshots, signal);
    if (failures.size > 0) {
      for (const error of failures.values()) this.#tellFailure(error);
      this.#plan = this.#prepared.planWithout(new Set(failures.keys()));
      this.#ended.clear();
      await this.#measurePlan();
    }
    await destroyVersions(this.#endpoint, this.#possible, signal, (destruction, error) => {
      this.#noteEnd(destruction, error);
    });
  }

  /** What zfs wouldn't destroy is not tried. */
  get #possible(): Destruction[] {
    return this.#plan.destructions.filter((destruction) => !this.#ended.has(destruction));
  }

  async #measurePlan(foresight?: Foresight): Promise<void> {
    const { destructions } = this.#plan;
    const present = destructions.map((destruction) => this.#findPresent(destruction, foresight));
    const asked = present.filter(({ snapshots }) => snapshots.length > 0);
    const sizes = await measureReclaim(this.#endpoint, asked, this.#surroundings.signal);
    this.#reclaim = new Map(
      destructions.map((destruction, index) => [destruction, sizes.get(present[index] ?? destruction) ?? 0]),
    );
    for (const [destruction, size] of this.#reclaim) {
      if (typeof size !== 'number') this.#noteEnd(destruction, size);
    }
  }

  /** What of it is there already. */
  #findPresent(destruction: Destruction, foresight: Foresight | undefined): Destruction {
    if (foresight === undefined) return destruction;
    const { name } = this.#endpoint.host;
    const snapshots = destruction.snapshots.filter((snapshot) => !foresight.isComing(name, snapshot));
    return { ...destruction, snapshots };
  }

  #noteEnd(destruction: Destruction, error: ZfsVmError | undefined): void {
    this.#ended.set(destruction, error);
    if (error !== undefined) this.#tellFailure(error);
    else this.#surroundings.emit({ kind: 'destroyed', host: this.#endpoint.host.name, destruction });
  }

  #tellFailure(error: ZfsVmError): void {
    this.#failures.push(error);
    this.#surroundings.emit({ kind: 'problem', error });
  }
}

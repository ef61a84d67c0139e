import { exitCodeOfAll, type ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import type { Destruction } from '../plan/destruction.js';
import type { PrunePlan } from '../plan/plan-prune.js';
import { chooseColors } from '../report/terminal/colors.js';
import { formatError } from '../report/error-text.js';
import { formatPruneAsJson, type PruneOutcome } from '../report/prune/prune-json.js';
import {
  formatPrunePlan,
  sumDestructions,
  sumPrune,
  type MeasuredPrune,
} from '../report/prune/prune-text.js';
import { fullNameOf } from '../streamline/dataset.js';
import { bookmarkSnapshots, destroyVersions, measureReclaim } from '../transfer/around/destroy-versions.js';
import { writeAll } from '../base/write-all.js';
import type { BaseCommand } from './base-command.js';
import type { PreparedPrune } from './prune-host.js';

/** How a host is pruned, and where that is told. */
export interface PruneOptions extends Pick<BaseCommand, 'context' | 'debug' | 'verbose'> {
  /** Whether it is done, and not only shown. */
  readonly yes: boolean;
  readonly json: boolean;
  /** Whether it is a part of a larger run: then the host is named, and nothing is said where nothing goes. */
  readonly isPart?: boolean;
}

/** Prunes a host as it was planned: shows what would go, and destroys it if it may. */
export class PruneRun {
  readonly #options: PruneOptions;
  readonly #endpoint: Endpoint;
  readonly #prepared: PreparedPrune;
  readonly #errors: ZfsVmError[] = [];
  #plan: PrunePlan;
  #reclaim: ReadonlyMap<Destruction, number | ZfsVmError> = new Map();
  /** What was destroyed, and what could not be, with why. */
  readonly #ended = new Map<Destruction, ZfsVmError | undefined>();

  constructor(options: PruneOptions, endpoint: Endpoint, prepared: PreparedPrune) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#prepared = prepared;
    this.#plan = prepared.plan;
  }

  /**
   * @returns the exit status
   * @throws ZfsVmError when the host is lost before all is done, or the person stops it: what was destroyed by then has been told
   */
  async run(): Promise<number> {
    await this.#measure();
    if (!this.#options.json) await this.#showPlan();
    try {
      if (this.#options.yes) await this.#prune();
    } finally {
      // Also when the person stops it: what was destroyed by then is told.
      if (this.#options.json) await this.#printJson();
      else if (this.#options.yes && this.#plan.destructions.length > 0) this.#showSum();
    }
    return exitCodeOfAll(this.#errors);
  }

  get #measured(): MeasuredPrune {
    return { plan: this.#plan, hostName: this.#endpoint.host.name, reclaim: this.#reclaim };
  }

  get #outcome(): PruneOutcome {
    return { isDryRun: !this.#options.yes, ended: this.#ended };
  }

  /** Asks what would be freed; what zfs wouldn't destroy is not tried. */
  async #measure(): Promise<void> {
    const { signal } = this.#options.context;
    this.#reclaim = await measureReclaim(this.#endpoint, this.#plan.destructions, signal);
    for (const [destruction, size] of this.#reclaim) {
      if (typeof size !== 'number') this.#noteEnd(destruction, size);
    }
  }

  /** First the bookmarks that take the place of what goes. A version whose bookmark can't be made stays. */
  async #prune(): Promise<void> {
    const { signal } = this.#options.context;
    const snapshots = this.#plan.bookmarks.map(({ snapshot }) => snapshot);
    const failures = await bookmarkSnapshots(this.#endpoint, snapshots, signal);
    if (failures.size > 0) {
      for (const error of failures.values()) this.#tellError(error);
      this.#plan = this.#prepared.planWithout(new Set(failures.keys()));
      this.#ended.clear();
      await this.#measure();
    }
    const possible = this.#plan.destructions.filter((destruction) => !this.#ended.has(destruction));
    await destroyVersions(this.#endpoint, possible, signal, (destruction, error) => {
      this.#noteEnd(destruction, error);
    });
  }

  #noteEnd(destruction: Destruction, error: ZfsVmError | undefined): void {
    this.#ended.set(destruction, error);
    const lines = destruction.snapshots.map((snapshot) => `destroyed ${fullNameOf(snapshot)}\n`);
    if (error !== undefined) this.#tellError(error);
    else if (!this.#options.json) this.#print(lines.join(''));
  }

  #printJson(): Promise<void> {
    return writeAll(this.#options.context.stdout, formatPruneAsJson(this.#measured, this.#outcome));
  }

  async #showPlan(): Promise<void> {
    const { verbose, debug, context, isPart = false } = this.#options;
    const colors = chooseColors(context.stdout, context.env);
    if (isPart) {
      if (this.#plan.destructions.length === 0 && !verbose && !debug) return;
      this.#print(`pruning ${this.#endpoint.host.name}\n`);
    }
    const text = formatPrunePlan(this.#measured, { colors, verbose: verbose || debug });
    await writeAll(context.stdout, text, context.signal);
    context.signal.throwIfAborted();
    if (this.#plan.destructions.length === 0) {
      this.#print('nothing goes\n');
    } else if (!this.#options.yes) {
      this.#print(`would destroy ${sumPrune(this.#measured)}${isPart ? '' : '; --yes does it'}\n`);
    }
  }

  #showSum(): void {
    const done = this.#plan.destructions.filter(
      (destruction) => this.#ended.has(destruction) && this.#ended.get(destruction) === undefined,
    );
    const isAll = done.length === this.#plan.destructions.length && this.#errors.length === 0;
    this.#print(`${isAll ? 'done' : 'not done'}: destroyed ${sumDestructions(done, this.#reclaim)}\n`);
  }

  #tellError(error: ZfsVmError): void {
    const { stderr, env } = this.#options.context;
    this.#errors.push(error);
    stderr.write(formatError(error, chooseColors(stderr, env), this.#options));
  }

  #print(text: string): void {
    this.#options.context.stdout.write(text);
  }
}

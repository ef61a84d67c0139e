import type { ChalkInstance } from 'chalk';
import { qualify } from '../../base/host-words.js';
import type { OutputQueue } from '../../base/output-queue.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { TaskEvent } from '../../tasks/event.js';
import type { Pruning } from '../../tasks/pruning.js';
import { wrapIfNarrow } from '../terminal/wrap.js';
import { formatPruneAsJson } from './prune-json.js';
import { formatPrunePlan, sumDestructions, sumPrune } from './prune-text.js';

/** How prunes are told. */
export interface PruneReportOptions {
  readonly output: OutputQueue;
  readonly colors: ChalkInstance;
  /** How many characters fit into a line; any number if undefined. */
  readonly width?: number | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether it is only shown. */
  readonly isDryRun: boolean;
  /** The command that does what is only shown, in quotes. */
  readonly commandThatRuns?: string;
  /** Whether somebody is asked before it is done, and has to know what it comes to; not, when left out. */
  readonly asks?: boolean;
  /** Whether they are parts of a larger run: then the host is named, and nothing is reported where nothing is destroyed. */
  readonly isPart: boolean;
  /** Gives up what isn't written yet of a plan when it is aborted. */
  readonly signal: AbortSignal;
}

/** Tells what would be pruned, and what was. */
export class PruneReport {
  readonly #options: PruneReportOptions;

  constructor(options: PruneReportOptions) {
    this.#options = options;
  }

  /** Takes the next event; those that aren't about prunes are left alone. */
  readonly handle = (event: TaskEvent): void => {
    const { json, isDryRun } = this.#options;
    if (event.kind === 'prune-planned') {
      if (!json) this.#tellPlan(event.pruning);
      else if (isDryRun) this.#write(formatPruneAsJson(event.pruning, { isDryRun }));
    } else if (event.kind === 'destroyed' && !json) {
      const { destruction, host } = event;
      const names = destruction.snapshots.map((snapshot) => qualify(host, fullNameOf(snapshot)));
      this.#write([names.map((name) => `destroyed ${name}\n`).join('')]);
    } else if (event.kind === 'pruned') {
      if (!json) this.#tellSum(event.pruning);
      else this.#write(formatPruneAsJson(event.pruning, { isDryRun }));
    }
  };

  #tellPlan(pruning: Pruning): void {
    const { verbose, colors, width, isPart, isDryRun, commandThatRuns, asks = false, signal } = this.#options;
    const isEmpty = pruning.plan.destructions.length === 0;
    if (isPart && isEmpty && !verbose) return;
    const next = commandThatRuns === undefined ? '' : `; to destroy them, run ${commandThatRuns}`;
    const sum = `would destroy ${sumPrune(pruning)}${isPart || !isDryRun ? '' : next}\n`;
    if (isPart) this.#write([`pruning ${pruning.host}\n`]);
    this.#write(formatPrunePlan(pruning, { colors, verbose }), signal);
    if (isEmpty) this.#write(['nothing to destroy\n'], signal);
    else if (isDryRun || asks) this.#write([wrapIfNarrow(sum, width)], signal);
  }

  #tellSum({ plan, ended, failures, reclaim }: Pruning): void {
    if (plan.destructions.length === 0) return;
    const done = plan.destructions.filter(
      (destruction) => ended.has(destruction) && ended.get(destruction) === undefined,
    );
    const isAll = done.length === plan.destructions.length && failures.length === 0;
    this.#write([`${isAll ? 'done' : 'incomplete'}: destroyed ${sumDestructions(done, reclaim)}\n`]);
  }

  #write(pieces: Iterable<string>, signal?: AbortSignal): void {
    this.#options.output.write(pieces, signal);
  }
}

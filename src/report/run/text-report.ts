import type { ChalkInstance } from 'chalk';
import type { Clock } from '../../base/clock.js';
import type { PassedVersions } from '../../plan/passed.js';
import type { Chain, Plan, Step } from '../../plan/plan.js';
import { fullNameOf, nameForPeople } from '../../streamline/dataset.js';
import type { Inquiry } from '../../probe/reading-event.js';
import type { TransferEvent, TransferResult } from '../../transfer/event.js';
import {
  describeBeside,
  describeChoices,
  describeConflict,
  describePassed,
  describeRoute,
  describeSetAside,
  describeSharing,
  describeStep,
  describeUpToDate,
  suggestWayOut,
} from '../plan/describe-plan.js';
import { describeKept } from '../plan/describe-kept.js';
import { formatError } from '../error-text.js';
import { Progress } from './progress.js';
import { formatBytes, formatCount, formatDuration } from '../quantities.js';
import type { Screen } from '../terminal/screen.js';

/** Where a report goes, and how much it says. */
export interface TextReportOptions {
  readonly screen: Screen;
  readonly colors: ChalkInstance;
  readonly errorColors: ChalkInstance;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly receiverName: string;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Tells a push or pull to people: a lasting line for everything that is done, a live line with progress where there is
 * a terminal, a sum at the end. What goes wrong is told on stderr.
 */
export class TextReport {
  readonly #options: TextReportOptions;
  readonly #screen: Screen;
  #progress: Progress | undefined;
  #isCompressed = false;
  #passed: PassedVersions | undefined;

  constructor(options: TextReportOptions) {
    this.#options = options;
    this.#screen = options.screen;
  }

  /** Takes the next event. */
  readonly handle = (event: TransferEvent): void => {
    switch (event.kind) {
      case 'reading':
        this.#tell(`asking ${event.host} for ${describeInquiry(event.what)}`);
        break;
      case 'read':
        this.#tell(
          `${event.host}: read ${formatCount(event.datasets, 'dataset')} and ${formatCount(event.snapshots, 'snapshot')}`,
        );
        break;
      case 'passed':
        this.#passed = event.passed;
        break;
      case 'planned':
        this.#progress = new Progress(event.plan, this.#options.clock.nowMs(), this.#isCompressed);
        this.#printPlan(event.plan);
        if (event.plan.chains.length > 0) this.#screen.show(this.#draw);
        break;
      case 'estimated':
        this.#progress?.estimate(event.sizes);
        break;
      case 'compressing':
        this.#isCompressed = true;
        this.#tell('both hosts have zstd: streams are compressed on the way');
        break;
      case 'warning':
        this.#warn(`warning: ${event.message}`);
        break;
      case 'held':
        this.#tell(`holding ${formatCount(event.snapshots, 'snapshot')} on ${event.host} meanwhile`);
        break;
      case 'parent-created':
        this.#print(`made ${event.dataset} on ${event.host}`);
        break;
      case 'parent-failed':
        this.#warn(`${event.dataset} can't be made:`);
        this.#writeError(formatError(event.error, this.#options.errorColors, this.#options));
        break;
      case 'step-started':
        this.#progress?.begin(event.chain, event.step);
        break;
      case 'progress':
        this.#progress?.add(event.chain, event.bytes);
        break;
      case 'step-done': {
        this.#progress?.end(event.chain, true);
        const size = event.bytes === undefined ? '' : `, ${formatBytes(event.bytes)}`;
        const how = `${describeStep(event.step)}${size} in ${formatDuration(event.seconds)}`;
        this.#print(`${this.#nameStep(event.chain, event.step)}  ${this.#options.colors.dim(how)}`);
        break;
      }
      case 'step-failed':
        this.#progress?.end(event.chain, false);
        this.#warn(`${this.#nameStep(event.chain, event.step)} failed:`);
        this.#writeError(formatError(event.error, this.#options.errorColors, this.#options));
        break;
      case 'step-stopped':
        this.#progress?.end(event.chain, false);
        break;
      case 'left-behind':
        this.#warn(
          `the others had to wait for ${this.#options.receiverName} for ${formatDuration(event.seconds)}: it goes on alone`,
        );
        break;
      case 'served':
        this.#print(`${event.by} sends to ${this.#options.receiverName}`);
        break;
      case 'not-served':
        this.#screen.hide(this.#draw);
        this.#warn(
          `${event.by} did not send everything to ${this.#options.receiverName}; another host will:`,
        );
        this.#writeError(formatError(event.error, this.#options.errorColors, this.#options));
        break;
      case 'sharing':
        for (const line of describeSharing(event.chains)) this.#print(line);
        break;
      case 'chain-skipped':
        // When a host is lost, that has been said, and the sum tells how much is missing.
        if (event.missing !== undefined) {
          this.#warn(`${event.chain.source} left out: it needs ${event.missing}, which did not arrive`);
        }
        break;
      case 'verified':
        this.#tell(
          `${this.#options.receiverName} has ${formatCount(event.datasets, 'dataset')} as sent, GUIDs compared`,
        );
        break;
      case 'notes-carried':
        this.#tell(`set ${formatCount(event.notes, 'note')} on ${event.host}`);
        break;
      case 'deleted':
        for (const snapshot of event.destruction.snapshots) {
          this.#print(`destroyed ${event.host}:${fullNameOf(snapshot)}`);
        }
        break;
      case 'moved-aside':
        this.#tell(`renamed ${event.host}:${event.destination} to ${event.aside}`);
        break;
      case 'replaced':
        this.#print(
          `destroyed what was ${event.host}:${event.destination}, with ${formatCount(event.snapshots, 'snapshot')}`,
        );
        break;
      case 'aside-kept':
        this.#warn(describeKept(event));
        if (event.error !== undefined) {
          this.#writeError(formatError(event.error, this.#options.errorColors, this.#options));
        }
        break;
      case 'delete-failed':
      case 'trouble':
        this.#writeError(formatError(event.error, this.#options.errorColors, this.#options));
        break;
      case 'retrying':
        this.#screen.hide(this.#draw);
        this.#warn(
          `trying again in ${event.delaySeconds} s (${formatCount(event.left, 'more time')} after that)`,
        );
        break;
      case 'finished':
        this.#screen.hide(this.#draw);
        this.#print(this.#summarize(event.plan, event.result));
        break;
    }
  };

  /** Wipes the progress; for the end, also an early one. */
  close(): void {
    this.#screen.hide(this.#draw);
  }

  #printPlan(plan: Plan): void {
    const { receiverName } = this.#options;
    for (const upToDate of plan.upToDate) this.#tell(describeUpToDate(upToDate, receiverName));
    for (const conflict of plan.conflicts) {
      this.#warn(`conflict: ${describeConflict(conflict, receiverName)}`);
      this.#writeError(`  ${this.#options.errorColors.cyan('way out:')} ${suggestWayOut(conflict.reason)}\n`);
    }
    const steps = plan.chains.flatMap((chain) => chain.steps);
    if (steps.length > 0) {
      for (const chain of plan.chains) {
        for (const line of describeChoices(chain, receiverName)) this.#print(line);
        const aside = describeSetAside(chain, receiverName);
        if (aside !== undefined) this.#print(aside);
      }
      for (const line of describeBeside(plan, receiverName)) this.#print(line);
      this.#print(`sending ${formatCount(steps.length, 'version')} to ${receiverName}`);
      const passed = this.#passed === undefined ? undefined : describePassed(this.#passed, receiverName);
      // What was passed by before was said then.
      const isNew = this.#passed?.versions.some((each) => each.isNew) === true;
      if (passed !== undefined && isNew) this.#print(passed);
      else if (passed !== undefined) this.#tell(passed);
    }
  }

  #summarize(plan: Plan, result: TransferResult): string {
    const { versions, failedVersions, bytes, seconds, errors, deleted = 0 } = result;
    const conflicts =
      plan.conflicts.length === 0 ? '' : `; ${formatCount(plan.conflicts.length, 'conflict')} left`;
    const left = `${conflicts}${deleted === 0 ? '' : `; ${formatCount(deleted, 'snapshot')} deleted`}`;
    if (versions + failedVersions === 0 && errors.length === 0) {
      if (left !== '') return `nothing sent${left}`;
      return plan.upToDate.length === 0
        ? 'nothing to do: there are no versions to send'
        : this.#describeNothing();
    }
    const rate = seconds > 0 ? ` (${formatBytes(Math.round(bytes / seconds))}/s)` : '';
    const size = `${formatBytes(bytes)}${this.#isCompressed ? ' compressed' : ''}`;
    const sum = `${formatCount(versions, 'version')}, ${size} in ${formatDuration(seconds)}${rate}`;
    if (failedVersions === 0) {
      return errors.length === 0 ? `done: ${sum}${left}` : `not all is well${left}; sent ${sum}`;
    }
    return `not done: ${formatCount(failedVersions, 'version')} missing${left}; sent ${sum}`;
  }

  /** "Up to date" means that every version is there; where that isn't known, or not so, it says what is. */
  #describeNothing(): string {
    const { receiverName } = this.#options;
    const passed = this.#passed === undefined ? undefined : describePassed(this.#passed, receiverName);
    if (passed === undefined && this.#passed?.knowsAll !== false) {
      return `nothing to do: ${receiverName} is up to date`;
    }
    const newest = `nothing to send: ${receiverName} has the newest version of each streamline`;
    return passed === undefined ? newest : `${newest}; ${passed}`;
  }

  #nameStep(chain: Chain, step: Step): string {
    return `${this.#options.colors.bold(nameForPeople(step.to))}  ${describeRoute(chain, this.#options.receiverName)}`;
  }

  /** Only with -v. */
  #tell(line: string): void {
    if (this.#options.verbose) this.#print(this.#options.colors.dim(line));
  }

  #print(line: string): void {
    this.#screen.print(line);
  }

  #warn(line: string): void {
    this.#writeError(`${this.#options.errorColors.yellow(line)}\n`);
  }

  #writeError(text: string): void {
    this.#screen.printError(text);
  }

  /** The progress of the moment. */
  readonly #draw = (width: number): readonly string[] =>
    this.#progress?.describe(this.#options.clock.nowMs(), width) ?? [];
}

function describeInquiry(what: Inquiry): string {
  switch (what.kind) {
    case 'all':
      return 'its datasets and snapshots';
    case 'datasets':
      return 'its datasets';
    case 'how-far':
      return `${formatCount(what.named, 'snapshot')} by name, and what the datasets end with that differ`;
    case 'named':
      return `${formatCount(what.count, 'snapshot')} by name`;
    case 'snapshots-of':
      return `the snapshots of ${formatCount(what.count, 'dataset')} that may differ`;
    case 'snapshots':
      return 'all its snapshots';
  }
}

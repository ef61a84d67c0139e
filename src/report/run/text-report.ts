import type { ChalkInstance } from 'chalk';
import type { Clock } from '../../base/clock.js';
import type { PassedVersions } from '../../plan/passed.js';
import type { Chain, Plan, Step } from '../../plan/plan.js';
import { fullNameOf, nameForPeople } from '../../streamline/dataset.js';
import type { Inquiry } from '../../probe/reading-event.js';
import type { TransferEvent, TransferResult } from '../../transfer/event.js';
import { describeConflict } from '../plan/describe-conflict.js';
import {
  describeAway,
  describeBeside,
  describeChoices,
  describeLanding,
  describePassed,
  describeRoute,
  describeSetAside,
  describeSharing,
  describeStep,
  describeUpToDate,
  type Ends,
} from '../plan/describe-plan.js';
import { suggestResolution } from '../plan/suggest-resolution.js';
import { describeKept } from '../plan/describe-kept.js';
import { formatError } from '../error-text.js';
import { localName } from '../../base/local-name.js';
import { nameHost, qualify } from '../../base/host-words.js';
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
  readonly senderName: string;
  readonly receiverName: string;
  /** Whether the person has said where new copies go; not, when left out. */
  readonly namesDestination?: boolean | undefined;
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
  /** How many lines of versions say how large these are, and the sum of that. */
  #told = { versions: 0, bytes: 0 };
  #passed: PassedVersions | undefined;

  constructor(options: TextReportOptions) {
    this.#options = options;
    this.#screen = options.screen;
  }

  /** Takes the next event. */
  readonly handle = (event: TransferEvent): void => {
    switch (event.kind) {
      case 'reading':
        this.#tell(`reading ${describeInquiry(event.what)} on ${nameHost(event.host)}`);
        break;
      case 'read':
        this.#tell(
          `read ${formatCount(event.datasets, 'dataset')} and ${formatCount(event.snapshots, 'snapshot')} on ${nameHost(event.host)}`,
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
        this.#tell('compressing streams with zstd');
        break;
      case 'warning':
        this.#warn(`warning: ${event.message}`);
        break;
      case 'held':
        this.#tell(
          `holding ${formatCount(event.snapshots, 'snapshot')} on ${nameHost(event.host)} during the transfer`,
        );
        break;
      case 'parent-created':
        this.#print(`created ${qualify(event.host, event.dataset)}`);
        break;
      case 'parent-failed':
        this.#warn(`cannot create ${qualify(this.#options.receiverName, event.dataset)}:`);
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
        if (event.bytes !== undefined) {
          const { versions, bytes } = this.#told;
          this.#told = { versions: versions + 1, bytes: bytes + event.bytes };
        }
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
          `the other hosts waited ${formatDuration(event.seconds)} for ${this.#options.receiverName}; it now continues separately`,
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
          this.#warn(`${event.chain.source} skipped: it needs ${event.missing}, which was not received`);
        }
        break;
      case 'verified':
        this.#tell(
          `verified ${formatCount(event.datasets, 'dataset')} on ${nameHost(this.#options.receiverName)} by GUID`,
        );
        break;
      case 'notes-carried':
        this.#tell(`set ${formatCount(event.notes, 'note')} on ${nameHost(event.host)}`);
        break;
      case 'deleted':
        for (const snapshot of event.destruction.snapshots) {
          this.#print(`destroyed ${qualify(event.host, fullNameOf(snapshot))}`);
        }
        break;
      case 'moved-aside':
        this.#tell(`renamed ${qualify(event.host, event.destination)} to ${event.aside}`);
        break;
      case 'replaced':
        this.#print(
          `destroyed the old ${qualify(event.host, event.destination)} with ${formatCount(event.snapshots, 'snapshot')}`,
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
        this.#warn(describeRetry(event));
        break;
      case 'finished':
        this.#screen.hide(this.#draw);
        this.#printLanding(event.plan, event.result);
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
      this.#warn(`conflict: ${describeConflict(conflict, this.#options)}`);
      this.#writeError(
        `  ${this.#options.errorColors.cyan('to resolve:')} ${suggestResolution(conflict.reason, this.#options)}\n`,
      );
    }
    const steps = plan.chains.flatMap((chain) => chain.steps);
    if (steps.length > 0) {
      for (const chain of plan.chains) {
        for (const line of describeChoices(chain, receiverName)) this.#print(line);
        const aside = describeSetAside(chain, receiverName);
        if (aside !== undefined) this.#print(aside);
      }
      for (const line of describeBeside(plan, receiverName)) this.#print(line);
      this.#print(describeStart(steps.length, this.#options));
      const passed = this.#passed === undefined ? undefined : describePassed(this.#passed, receiverName);
      // What was passed by before was said then.
      const isNew = this.#passed?.versions.some((each) => each.isNew) === true;
      if (passed !== undefined && isNew) this.#print(passed);
      else if (passed !== undefined) this.#tell(passed);
    }
  }

  #printLanding(plan: Plan, { versions }: TransferResult): void {
    const landing = versions === 0 ? undefined : describeLanding(plan, this.#options);
    if (landing !== undefined) this.#print(landing);
  }

  #summarize(plan: Plan, result: TransferResult): string {
    const { versions, failedVersions, bytes, seconds, errors, deleted = 0 } = result;
    const conflicts =
      plan.conflicts.length === 0 ? '' : `; ${formatCount(plan.conflicts.length, 'conflict')} to resolve`;
    const left = `${conflicts}${deleted === 0 ? '' : `; ${formatCount(deleted, 'snapshot')} deleted`}`;
    if (versions + failedVersions === 0 && errors.length === 0) {
      if (left !== '') return `nothing ${this.#verb}${left}`;
      return plan.upToDate.length === 0 ? 'nothing to do: no versions to send' : this.#describeNothing(plan);
    }
    // The sum is that of the lines above it; what came of parts of versions is in no line.
    const isTold = failedVersions === 0 && this.#told.versions === versions;
    const total = isTold ? this.#told.bytes : bytes;
    const rate = seconds > 0 ? ` (${formatBytes(Math.round(total / seconds))}/s)` : '';
    const sent = this.#isCompressed && isTold ? `, compressed to ${formatBytes(bytes)}` : '';
    const kind = this.#isCompressed && !isTold ? ' compressed' : '';
    const sum = `${formatCount(versions, 'version')}, ${formatBytes(total)}${kind} in ${formatDuration(seconds)}${rate}${sent}`;
    if (failedVersions === 0) {
      return errors.length === 0 ? `done: ${sum}${left}` : `done with errors: ${sum}${left}`;
    }
    return `incomplete: ${formatCount(failedVersions, 'version')} not ${this.#verb}${left}; ${this.#verb} ${sum}`;
  }

  /** "Up to date" means that every version is there; where that isn't known, or not so, it says what is. */
  #describeNothing(plan: Plan): string {
    const { receiverName, namesDestination = false } = this.#options;
    const passed = this.#passed === undefined ? undefined : describePassed(this.#passed, receiverName);
    if (passed === undefined && this.#passed?.knowsAll !== false) {
      const away = namesDestination ? describeAway(plan, this.#options) : undefined;
      return `nothing to do: ${nameHost(receiverName)} is up to date${away === undefined ? '' : `; ${away}`}`;
    }
    const newest = `nothing to send: ${nameHost(receiverName)} has the newest version of each streamline`;
    return passed === undefined ? newest : `${newest}; ${passed}`;
  }

  #nameStep(chain: Chain, step: Step): string {
    return `${this.#options.colors.bold(nameForPeople(step.to))}  ${describeRoute(chain, this.#options)}`;
  }

  get #verb(): 'sent' | 'received' {
    const { senderName, receiverName } = this.#options;
    return receiverName === localName && senderName !== localName ? 'received' : 'sent';
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

/** What a transfer begins with, e.g. `sending 3 versions to b`. */
function describeStart(count: number, { senderName, receiverName }: Ends): string {
  const versions = formatCount(count, 'version');
  if (receiverName === localName && senderName !== localName) {
    return `receiving ${versions} from ${senderName}`;
  }
  const from = senderName === localName ? '' : ` from ${senderName}`;
  return `sending ${versions}${from} to ${nameHost(receiverName)}`;
}

/** What happens after a lost connection, or a dataset that was busy, e.g. `retrying in 1 s (2 attempts left)`. */
function describeRetry({ error, delaySeconds, left }: TransferEvent & { readonly kind: 'retrying' }): string {
  const attempts = left === 0 ? 'last attempt' : `${formatCount(left, 'attempt')} left after this`;
  return `${error.isLoss ? 'reconnecting' : 'retrying'} in ${delaySeconds} s (${attempts})`;
}

function describeInquiry(what: Inquiry): string {
  switch (what.kind) {
    case 'all':
      return 'datasets and snapshots';
    case 'datasets':
      return 'datasets';
    case 'how-far':
      return `${formatCount(what.named, 'snapshot')} by name, and the newest snapshots of datasets that differ`;
    case 'named':
      return `${formatCount(what.count, 'snapshot')} by name`;
    case 'snapshots-of':
      return `the snapshots of ${formatCount(what.count, 'dataset')} that may differ`;
    case 'snapshots':
      return 'all snapshots';
  }
}

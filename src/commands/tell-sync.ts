import { exitCodeOf, exitCodeOfAll, worstExitCode } from '../base/errors.js';
import { OutputQueue } from '../base/output-queue.js';
import { PruneReport } from '../report/prune/prune-report.js';
import type { TransferReports } from '../report/run/transfer-reports.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { describeUnchanged } from '../report/versions/describe-unchanged.js';
import { describeWrittenCopy } from '../report/versions/describe-written-copy.js';
import { writeProse } from '../report/terminal/wrap.js';
import type { TaskEvent } from '../tasks/event.js';
import type { Surroundings } from '../tasks/surroundings.js';
import type { SyncResult } from '../tasks/sync/sync.js';
import type { BaseCommand } from './base-command.js';
import { formatPlans, openReports, statusOfOutcome, statusOfPlans, tellOutcomes } from './tell-transfer.js';

/** Has a round done or planned, and tells it as it goes on. @returns the exit status */
export async function tellSync(
  command: BaseCommand,
  isDryRun: boolean,
  begin: (surroundings: Surroundings) => Promise<SyncResult>,
): Promise<number> {
  const telling = new SyncTelling(command, isDryRun);
  const { handle, flush } = telling;
  try {
    // What is pruned has been shown by then, and the push destroys nothing.
    const { failures, outcomes, planned, prunings } = await begin(
      await command.surround({ handle, confirm: flush }),
    );
    return worstExitCode([
      ...failures.map(exitCodeOf),
      ...outcomes.map(statusOfOutcome),
      ...(planned === undefined ? [] : [statusOfPlans(planned)]),
      ...prunings.map((pruning) => exitCodeOfAll(pruning.failures)),
    ]);
  } finally {
    telling.closeReports();
    await flush();
  }
}

/** Tells a round: what each part says, as it would say it alone. */
class SyncTelling {
  readonly #command: BaseCommand;
  readonly #isDryRun: boolean;
  readonly #output: OutputQueue;
  readonly #pruneReport: PruneReport;
  /** Those of the push, while it goes on. */
  #reports: TransferReports | undefined;

  constructor(command: BaseCommand, isDryRun: boolean) {
    const { stdout, env, signal } = command.context;
    this.#command = command;
    this.#isDryRun = isDryRun;
    this.#output = new OutputQueue(stdout);
    this.#pruneReport = new PruneReport({
      ...{ output: this.#output, signal, json: false, isDryRun, isPart: true },
      ...{ colors: chooseColors(stdout, env), verbose: this.#isVerbose },
    });
  }

  get #isVerbose(): boolean {
    return this.#command.verbose || this.#command.debug;
  }

  readonly flush = (): Promise<void> => this.#output.flush();

  readonly handle = (event: TaskEvent): void => {
    const { stdout, stderr, env, signal } = this.#command.context;
    if (event.kind === 'version') {
      const words = event.isMade ? '' : 'would create ';
      stdout.write(event.fullNames.map((fullName) => `${words}${fullName}\n`).join(''));
    } else if (event.kind === 'unchanged') {
      if (this.#isVerbose) stderr.write(`${describeUnchanged(event)}\n`);
    } else if (event.kind === 'copy-written') {
      writeProse(stderr, `${describeWrittenCopy(event)}\n`);
    } else if (event.kind === 'pushed') {
      tellOutcomes(this.#command, { json: false }, event.outcomes);
      this.closeReports();
    } else if (event.kind === 'push-planned') {
      const options = { commands: false, colors: chooseColors(stdout, env), width: findWidth(stdout) };
      this.#output.write(formatPlans(event.planned, options), signal);
      this.closeReports();
    } else if (event.kind === 'receivers' || event.kind === 'transfer' || event.kind === 'receiver-failed') {
      this.#openReports().handle(event);
    } else {
      this.#pruneReport.handle(event);
    }
  };

  /** Ends what the push redraws in place. */
  closeReports(): void {
    this.#reports?.close();
    this.#reports = undefined;
  }

  #openReports(): TransferReports {
    this.#reports ??= openReports(this.#command, { json: false, isPlanOnly: this.#isDryRun });
    return this.#reports;
  }
}

import type { ChalkInstance } from 'chalk';
import { exitCodeOf, exitCodeOfAll, exitCodes, worstExitCode } from '../base/errors.js';
import { writeAll } from '../base/write-all.js';
import type { Plan } from '../plan/plan.js';
import { describeSharing } from '../report/plan/describe-plan.js';
import { formatPlanAsCommands } from '../report/plan/plan-commands.js';
import { formatPlanAsJson, formatPlansAsJson, type EstimatedPlan } from '../report/plan/plan-json.js';
import { formatPlanAsText } from '../report/plan/plan-text.js';
import { formatHostSummaryAsJson, formatHostTable } from '../report/run/host-summary.js';
import { TransferReports, type TransferReportsOptions } from '../report/run/transfer-reports.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { wrapIfNarrow } from '../report/terminal/wrap.js';
import type { Surroundings } from '../tasks/surroundings.js';
import type { PlannedTransfers, ReceiverOutcome } from '../tasks/transfer-outcome.js';
import type { BaseCommand, CommandContext } from './base-command.js';

/** How a transfer is told. */
export interface TransferTelling {
  readonly json: boolean;
  /** Whether plans are printed as shell commands. */
  readonly commands: boolean;
  /** Whether the person has said yes to all that would be destroyed. */
  readonly yes: boolean;
  /** Where the person wants new copies. */
  readonly destination: string | undefined;
}

/** Has a transfer done, and tells it: as it goes on, and of several receivers in the end what came of each. @returns the exit status */
export async function tellTransfer(
  command: BaseCommand,
  { json, yes, destination }: TransferTelling,
  begin: (surroundings: Surroundings) => Promise<ReceiverOutcome[]>,
): Promise<number> {
  const namesDestination = destination !== undefined;
  const reports = openReports(command, { json, isPlanOnly: false, namesDestination });
  try {
    const outcomes = await begin(await command.surround({ handle: reports.handle, isConfirmed: yes }));
    tellOutcomes(command, { json }, outcomes);
    return worstExitCode(outcomes.map(statusOfOutcome));
  } finally {
    reports.close();
  }
}

/** Has plans made, and prints them. @returns the exit status */
export async function tellPlans(
  command: BaseCommand,
  { json, commands }: Pick<TransferTelling, 'json' | 'commands'>,
  make: (surroundings: Surroundings) => Promise<PlannedTransfers>,
): Promise<number> {
  const { stdout, env, signal } = command.context;
  const reports = openReports(command, { json, isPlanOnly: true });
  try {
    const planned = await make(await command.surround({ handle: reports.handle }));
    const { plans, shared, failures } = planned;
    const isOfOne = plans.length + failures.length === 1;
    const asJson = (): Iterable<string> =>
      isOfOne ? joinTexts(plans.map(formatPlanAsJson)) : formatPlansAsJson(plans, shared);
    const colors = chooseColors(stdout, env);
    await writeAll(
      stdout,
      json ? asJson() : formatPlans(planned, { commands, colors, width: findWidth(stdout) }),
      signal,
    );
    return statusOfPlans(planned);
  } finally {
    reports.close();
  }
}

/** How plans are printed. */
interface PlansTextOptions {
  readonly commands: boolean;
  readonly colors: ChalkInstance;
  /** How many characters fit into a line; any number if undefined. */
  readonly width: number | undefined;
}

function* wrapPieces(lines: Iterable<string>, width: number | undefined): Generator<string> {
  for (const line of lines) yield wrapIfNarrow(line, width);
}

/** Plans for people, or as shell commands, in pieces. */
export function formatPlans(
  { plans, shared }: Pick<PlannedTransfers, 'shared'> & { readonly plans: readonly EstimatedPlan[] },
  { commands, colors, width }: PlansTextOptions,
): Iterable<string> {
  const formatOne = (plan: EstimatedPlan): Iterable<string> =>
    commands ? formatPlanAsCommands(plan) : wrapPieces(formatPlanAsText(plan, colors), width);
  const sharing = commands
    ? []
    : wrapPieces(
        describeSharing(shared).map((line) => `${line}\n`),
        width,
      );
  return joinTexts([...plans.map(formatOne), sharing]);
}

/** Tells of several receivers what came of each. */
export function tellOutcomes(
  { context: { stdout, env } }: BaseCommand,
  { json }: { readonly json: boolean },
  outcomes: readonly ReceiverOutcome[],
): void {
  if (outcomes.length < 2) return;
  const ended = outcomes.map((outcome) => ({ ...outcome, status: statusOfOutcome(outcome) }));
  stdout.write(
    json
      ? formatHostSummaryAsJson(ended)
      : formatHostTable(ended, chooseColors(stdout, env), findWidth(stdout)),
  );
}

/** What tells transfers as they go on, or while they are planned. */
export function openReports(
  { context, verbose, debug }: BaseCommand,
  options: Pick<TransferReportsOptions, 'json' | 'isPlanOnly' | 'namesDestination'>,
): TransferReports {
  const { stdout, stderr, env, platform } = context;
  return new TransferReports({
    ...{ ...options, stdout, stderr, verbose, debug, clock: platform.clock },
    colors: chooseColors(stdout, env),
    errorColors: chooseColors(stderr, env),
    isAsking: () => platform.prompter.isLent(),
  });
}

/** Whether somebody may watch how far it is. */
export function isWatched({ stdout }: CommandContext, { json }: Pick<TransferTelling, 'json'>): boolean {
  return !json && 'isTTY' in stdout && stdout.isTTY === true;
}

/** The exit status of a transfer to one receiver. */
export function statusOfOutcome({ ending, error }: ReceiverOutcome): number {
  if (error !== undefined) return exitCodeOf(error);
  if (ending === undefined) return exitCodes.done;
  const { plan, result } = ending;
  return result.errors.length === 0 ? statusOfPlan(plan) : exitCodeOfAll(result.errors);
}

/** The exit status of plans for receivers. */
export function statusOfPlans({ plans, failures }: PlannedTransfers): number {
  const failed = failures.map(({ error }) => exitCodeOf(error));
  return worstExitCode([...failed, ...plans.map(({ plan }) => statusOfPlan(plan))]);
}

/** The exit status of what leaves these conflicts. */
function statusOfPlan({ conflicts }: Plan): number {
  return conflicts.length > 0 ? exitCodes.conflict : exitCodes.done;
}

/** Texts with an empty line between, in pieces. */
function* joinTexts(texts: readonly Iterable<string>[]): Generator<string> {
  let hasText = false;
  for (const text of texts) {
    let isFirst = true;
    for (const piece of text) {
      if (hasText && isFirst) yield '\n';
      yield piece;
      isFirst = false;
    }
    hasText ||= !isFirst;
  }
}

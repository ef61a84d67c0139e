import { chooseColors } from '../report/terminal/colors.js';
import { JsonReport } from '../report/run/json-report.js';
import { formatPlanAsCommands } from '../report/plan/plan-commands.js';
import { formatPlanAsJson } from '../report/plan/plan-json.js';
import { formatPlanAsText } from '../report/plan/plan-text.js';
import { openScreen, type Screen } from '../report/terminal/screen.js';
import { TextReport } from '../report/run/text-report.js';
import type { TransferEvent } from '../transfer/event.js';
import type { TransferCommand } from './transfer-command.js';

/** Where the events of a transfer go. */
export interface Report {
  readonly handle: (event: TransferEvent) => void;
  readonly close: () => void;
}

/** Tells a transfer as the options want it. */
export function openReport(command: TransferCommand, receiverName: string): Report {
  const { stdout, surroundings } = command.context;
  const { clock } = surroundings;
  if (command.json && !command.isPlanOnly) return new JsonReport({ stdout, receiverName, clock });
  return openTextReport(command, receiverName, openCommandScreen(command));
}

/** The screen of a command. A plan may be read by a program: only the plan itself goes to stdout then. */
export function openCommandScreen({ isPlanOnly, context }: TransferCommand): Screen {
  const { stdout, stderr, surroundings } = context;
  const isAsking = (): boolean => surroundings.prompter.isLent();
  return openScreen({ stdout: isPlanOnly ? stderr : stdout, stderr, isAsking });
}

/** Tells a transfer to people. */
export function openTextReport(command: TransferCommand, receiverName: string, screen: Screen): TextReport {
  const { stdout, stderr, env, surroundings } = command.context;
  return new TextReport({
    screen,
    colors: chooseColors(stdout, env),
    errorColors: chooseColors(stderr, env),
    verbose: command.verbose || command.debug,
    debug: command.debug,
    receiverName,
    clock: surroundings.clock,
  });
}

/** A plan as the options want it, in pieces. */
export function formatPlan(
  command: TransferCommand,
  estimated: Parameters<typeof formatPlanAsJson>[0],
): Iterable<string> {
  if (command.json) return formatPlanAsJson(estimated);
  if (command.commands) return formatPlanAsCommands(estimated);
  return formatPlanAsText(estimated, chooseColors(command.context.stdout, command.context.env));
}

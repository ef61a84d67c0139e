import { exitCodes, ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isUnsettled, type Plan } from '../plan/plan.js';
import { planTransfer } from '../plan/plan-transfer.js';
import { isConclusive } from '../plan/probe.js';
import type { Choice } from '../plan/sources.js';
import { chooseColors } from '../report/colors.js';
import { describePreparation } from '../report/describe-plan.js';
import { formatPlanAsCommands } from '../report/plan-commands.js';
import { formatPlanAsJson } from '../report/plan-json.js';
import { formatPlanAsText } from '../report/plan-text.js';
import { TextReport } from '../report/text-report.js';
import { fullNameOf, type Dataset, type Datasets } from '../streamline/dataset.js';
import { findVersions } from '../streamline/lineage.js';
import { matchesGlob } from '../streamline/selection.js';
import { estimateSizes } from '../transfer/estimate-sizes.js';
import { runPlan } from '../transfer/run-plan.js';
import { isWithin, poolOf } from '../zfs/names.js';
import { Hosts } from './hosts.js';
import { warnOfMalformedTags } from './malformed-tags.js';
import { readSides } from './read-sides.js';
import type { TransferCommand } from './transfer-command.js';

/** Both sides of a transfer, being connected to; on one machine they are the same. */
export interface Opening {
  readonly sender: Promise<Endpoint>;
  readonly receiver: Promise<Endpoint>;
  /** What people call it. */
  readonly receiverName: string;
}

/**
 * What push, pull and their plans have in common: reads both hosts at once, plans, and prints the plan, or runs it and
 * reports.
 * @returns the exit status, as docs/scripting.md tells
 * @throws ZfsVmError when it can't be done at all
 */
export async function transfer(
  command: TransferCommand,
  openSides: (hosts: Hosts) => Opening,
): Promise<number> {
  const choice = command.readChoice();
  return Hosts.use(command, async (hosts) => {
    const opening = openSides(hosts);
    const report = openReport(command, opening.receiverName);
    try {
      const plan = await makePlan(command, choice, opening, report);
      const sides = { sender: await opening.sender, receiver: await opening.receiver };
      const { signal } = command.context;
      const sizes = await estimateSizes(sides.sender, plan, signal);
      signal.throwIfAborted();
      const planStatus = plan.conflicts.some(isUnsettled) ? exitCodes.conflict : exitCodes.done;
      if (command.isPlanOnly) {
        command.context.stdout.write(formatPlan(command, { plan, sizes, ...sides }));
        return planStatus;
      }
      await confirm(command, plan, sides.receiver.host.name, hosts);
      const result = await runPlan(plan, sizes, { ...sides, emit: report.handle, signal }).catch(
        (error: unknown) => {
          throw signal.aborted ? explainInterrupt(signal) : error;
        },
      );
      report.handle({ kind: 'finished', plan, result });
      if (result.errors.length === 0) return planStatus;
      return result.errors.every(({ kind }) => kind === 'connection')
        ? exitCodes.connection
        : exitCodes.failed;
    } finally {
      report.close();
    }
  });
}

/** The error of the interrupt, with what is true of a transfer that was under way. */
function explainInterrupt({ reason }: AbortSignal): unknown {
  if (!(reason instanceof ZfsVmError)) return reason;
  return new ZfsVmError(reason.kind, reason.message, {
    hint: 'what has been received is kept; run the same command again to go on',
  });
}

function openReport(command: TransferCommand, receiverName: string): TextReport {
  const { stdout, stderr, env } = command.context;
  return new TextReport({
    // A plan may be read by a program: only the plan itself goes to stdout then.
    stdout: command.isPlanOnly ? stderr : stdout,
    stderr,
    colors: chooseColors(stdout, env),
    errorColors: chooseColors(stderr, env),
    verbose: command.verbose || command.debug,
    debug: command.debug,
    receiverName,
  });
}

async function makePlan(
  command: TransferCommand,
  choice: Choice,
  opening: Opening,
  report: TextReport,
): Promise<Plan> {
  const { destination, rollback, replace } = command;
  const { receiverName } = opening;
  const isCopy = opening.sender === opening.receiver;
  const { sender, receiver, readRest } = await readSides(opening, {
    choice,
    // A plan to be read shows all the evidence, and what would be destroyed has to be known in full.
    isThorough: command.isPlanOnly || rollback || replace,
    signal: command.context.signal,
    emit: report.handle,
  });
  const senderName = (await opening.sender).host.name;
  warnOfMalformedTags(command, senderName, sender);
  if (!isCopy) warnOfMalformedTags(command, receiverName, receiver);
  checkPool(destination, receiverName, receiver.datasets);
  const planWith = (receiverDatasets: Datasets): Plan => {
    const datasets =
      isCopy && destination !== undefined
        ? splitAtDestination(sender.datasets, destination)
        : { sender: sender.datasets, receiver: receiverDatasets };
    if (isCopy) checkCopyPlace(datasets);
    checkPatterns(choice, senderName, datasets.sender);
    return planTransfer({ ...datasets, choice, destination, rollback, replace });
  };
  const plan = planWith(receiver.datasets);
  return readRest === undefined || isConclusive(plan) ? plan : planWith((await readRest()).datasets);
}

function formatPlan(command: TransferCommand, estimated: Parameters<typeof formatPlanAsJson>[0]): string {
  if (command.json) return formatPlanAsJson(estimated);
  if (command.commands) return formatPlanAsCommands(estimated);
  return formatPlanAsText(estimated, chooseColors(command.context.stdout, command.context.env));
}

/**
 * Shows what would be destroyed, and asks.
 * @throws ZfsVmError `conflict` when the answer is not yes, or there is nobody to ask
 */
async function confirm(
  command: TransferCommand,
  plan: Plan,
  receiverName: string,
  hosts: Hosts,
): Promise<void> {
  const losses = plan.chains.flatMap((chain) => describePreparation(chain, receiverName));
  if (losses.length === 0) return;
  const { stderr, signal } = command.context;
  stderr.write(losses.map((line) => `${line}\n`).join(''));
  if (command.yes) return;
  const answer = await hosts.prompter.ask('Really do that? (yes/no) ', { secret: false, signal });
  signal.throwIfAborted();
  if (answer === 'yes') return;
  throw new ZfsVmError('conflict', 'nothing was done, because that was not confirmed', {
    hint: 'answer yes, or add --yes if it may go',
  });
}

function checkPool(destination: string | undefined, receiverName: string, receiver: Datasets): void {
  if (destination === undefined || receiver.has(poolOf(destination))) return;
  const pools = [...new Set([...receiver.keys()].map(poolOf))];
  throw new ZfsVmError(
    'usage',
    `${receiverName} has no pool "${poolOf(destination)}", so nothing can go to ${destination}`,
    {
      hint:
        pools.length === 0
          ? 'make a pool there first'
          : `name a place in one of its pools: ${pools.join(', ')}`,
    },
  );
}

/** Refuses a place that has all the versions already because they are made there. */
function checkCopyPlace(datasets: { sender: Datasets; receiver: Datasets }): void {
  const [ours] = findVersions(datasets.sender);
  const [theirs] = findVersions(datasets.receiver);
  if (ours !== undefined || theirs === undefined) return;
  throw new ZfsVmError(
    'usage',
    `all versions, such as ${fullNameOf(theirs)}, are under that place themselves`,
    {
      hint: 'name a place outside them with -d',
    },
  );
}

/** Refuses a pattern that fits nothing: most likely it is misspelt. */
function checkPatterns({ patterns, allSnapshots }: Choice, senderName: string, sender: Datasets): void {
  const known = new Set([...findVersions(sender)].map((version) => version.tag.streamline));
  const candidates = allSnapshots ? [...known, ...sender.keys()] : [...known];
  const unknown = patterns.find(
    ({ streamline }) => !candidates.some((name) => matchesGlob(streamline, name)),
  );
  if (unknown === undefined) return;
  throw new ZfsVmError('usage', `${senderName} has no streamline "${unknown.streamline}"`, {
    hint:
      known.size === 0 ? 'make a version with "zfs-vm tag" first' : `it has: ${[...known].sort().join(', ')}`,
  });
}

/**
 * One machine seen as two: what is under the destination belongs to the receiver, everything else to the sender. The
 * receiver keeps knowing the other datasets by name, as they are in the way of new ones.
 */
function splitAtDestination(
  datasets: Datasets,
  destination: string,
): { sender: Datasets; receiver: Datasets } {
  const withoutHistory = (dataset: Dataset): Dataset => ({ ...dataset, snapshots: [], partial: undefined });
  const sender = new Map<string, Dataset>();
  const receiver = new Map<string, Dataset>();
  for (const [name, dataset] of datasets) {
    const isReceivers = isWithin(name, destination);
    receiver.set(name, isReceivers ? dataset : withoutHistory(dataset));
    if (!isReceivers) sender.set(name, dataset);
  }
  return { sender, receiver };
}

import { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { readInventory } from '../inventory/read-inventory.js';
import type { Inventory } from '../inventory/inventory.js';
import { planTransfer } from '../plan/plan-transfer.js';
import { chooseColors } from '../report/colors.js';
import { TextReport } from '../report/text-report.js';
import type { Dataset, Datasets } from '../streamline/dataset.js';
import { findVersions } from '../streamline/lineage.js';
import { findStreamlineFault } from '../streamline/tag.js';
import { findDatasetNameFault, isWithin, poolOf } from '../zfs/names.js';
import { runPlan } from '../transfer/run-plan.js';
import type { BaseCommand } from './base-command.js';
import { Hosts } from './hosts.js';
import { warnOfMalformedTags } from './malformed-tags.js';

/** What push and pull have in common. */
export interface TransferOptions {
  /** Opens both sides; on one machine they are the same endpoint. */
  readonly openSides: (hosts: Hosts) => Promise<{ sender: Endpoint; receiver: Endpoint }>;
  /** Only these streamlines; all when empty. */
  readonly streamlines: readonly string[];
  /** The receiver's dataset under which new datasets go. */
  readonly destination: string | undefined;
}

/** Status of a run that did all it could, but left conflicts. */
const conflictStatus = 3;

/** Status of a run in which a stream failed. */
const failedStatus = 1;

/**
 * Brings the receiver up to date: reads both hosts at once, plans, runs the plan, reports.
 * @returns the exit status: 0, or 1 when a stream failed, or 3 when conflicts are left
 * @throws ZfsVmError when it can't be done at all
 */
export async function transfer(command: BaseCommand, options: TransferOptions): Promise<number> {
  checkNames(options);
  return Hosts.use(command, async (hosts) => {
    const { sender, receiver } = await options.openSides(hosts);
    return transferBetween(sender, receiver, command, options);
  });
}

async function transferBetween(
  sender: Endpoint,
  receiver: Endpoint,
  command: BaseCommand,
  { streamlines, destination }: TransferOptions,
): Promise<number> {
  const { stdout, stderr, env, signal } = command.context;
  const report = new TextReport({
    stdout,
    stderr,
    colors: chooseColors(stdout, env),
    errorColors: chooseColors(stderr, env),
    verbose: command.verbose || command.debug,
    debug: command.debug,
    receiverName: receiver.host.name,
  });
  const read = async (endpoint: Endpoint): Promise<Inventory> => {
    report.handle({ kind: 'reading', host: endpoint.host.name });
    const inventory = await readInventory(endpoint, { signal });
    report.handle({ kind: 'read', host: endpoint.host.name, ...countContents(inventory) });
    return inventory;
  };
  try {
    // On one machine, one look is enough.
    const isSameMachine = sender === receiver;
    const senderRead = read(sender);
    const [senderInventory, receiverInventory] = await Promise.all([
      senderRead,
      isSameMachine ? senderRead : read(receiver),
    ]);
    warnOfMalformedTags(command, sender.host.name, senderInventory);
    checkPool(destination, receiver.host.name, receiverInventory.datasets);
    const sides =
      isSameMachine && destination !== undefined
        ? splitAtDestination(senderInventory.datasets, destination)
        : { sender: senderInventory.datasets, receiver: receiverInventory.datasets };
    checkStreamlines(streamlines, sender.host.name, sides.sender);

    const plan = planTransfer({
      ...sides,
      ...(streamlines.length === 0 ? {} : { streamlines: new Set(streamlines) }),
      ...(destination === undefined ? {} : { destination }),
    });
    const result = await runPlan(plan, { sender, receiver, emit: report.handle, signal });
    report.handle({ kind: 'finished', plan, result });
    if (result.failedVersions > 0) return failedStatus;
    return plan.conflicts.length > 0 ? conflictStatus : 0;
  } finally {
    report.close();
  }
}

function countContents({ datasets }: Inventory): { datasets: number; snapshots: number } {
  let snapshots = 0;
  for (const dataset of datasets.values()) snapshots += dataset.snapshots.length;
  return { datasets: datasets.size, snapshots };
}

/** Refuses names that can't be, before anything is asked of a host. */
function checkNames({ destination, streamlines }: TransferOptions): void {
  const destinationFault = destination === undefined ? undefined : findDatasetNameFault(destination);
  if (destinationFault !== undefined) {
    throw new ZfsVmError(
      'usage',
      `-d ${JSON.stringify(destination)} can't be a dataset: ${destinationFault}`,
    );
  }
  for (const streamline of streamlines) {
    const fault = findStreamlineFault(streamline);
    if (fault !== undefined) throw new ZfsVmError('usage', `-n ${JSON.stringify(streamline)}: ${fault}`);
  }
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

function checkStreamlines(wanted: readonly string[], senderName: string, sender: Datasets): void {
  const known = new Set([...findVersions(sender)].map((version) => version.tag.streamline));
  const unknown = wanted.find((streamline) => !known.has(streamline));
  if (unknown === undefined) return;
  throw new ZfsVmError('usage', `${senderName} has no streamline "${unknown}"`, {
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
  const withoutSnapshots = (dataset: Dataset): Dataset => ({ ...dataset, snapshots: [] });
  const sender = new Map<string, Dataset>();
  const receiver = new Map<string, Dataset>();
  for (const [name, dataset] of datasets) {
    const isReceivers = isWithin(name, destination);
    receiver.set(name, isReceivers ? dataset : withoutSnapshots(dataset));
    if (!isReceivers) sender.set(name, dataset);
  }
  return { sender, receiver };
}

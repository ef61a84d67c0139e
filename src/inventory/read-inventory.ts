import { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand, type CommandResult } from '../host/run-command.js';
import { toCommandError } from '../command-error.js';
import { toPrintable } from '../printable.js';
import {
  listDatasetsArguments,
  listDetailedSnapshotsArguments,
  listSnapshotsArguments,
  parseDatasets,
  parseDetailedSnapshots,
  parseSnapshots,
  UnreadableOutput,
} from '../zfs/list.js';
import { quoteCommand } from '../zfs/shell.js';
import { buildInventory, type Inventory } from './inventory.js';

/** Lines that stand before, between and after the lists, so that a banner is no dataset and a cut list is noticed. */
const marks = { datasets: 'zfs-vm: datasets', snapshots: 'zfs-vm: snapshots', end: 'zfs-vm: end' };

/**
 * Reads what a host holds: one command, one round trip. With `details`, snapshots also get their age and size, which
 * takes several times longer.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function readInventory(
  endpoint: Endpoint,
  options: { details?: boolean; signal?: AbortSignal } = {},
): Promise<Inventory> {
  const listSnapshots = options.details === true ? listDetailedSnapshotsArguments : listSnapshotsArguments;
  const script = [
    printMark(marks.datasets),
    `"$@" ${quoteCommand(listDatasetsArguments)} </dev/null || exit`,
    printMark(marks.snapshots),
    `"$@" ${quoteCommand(listSnapshots)} </dev/null || exit`,
    printMark(marks.end),
  ].join('\n');
  const { host, zfs } = endpoint;
  const result = await runCommand(
    host,
    ['sh', '-c', script, 'sh', ...zfs],
    options.signal === undefined ? {} : { signal: options.signal },
  );
  options.signal?.throwIfAborted();
  if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs list', result);

  const lists = splitAtMarks(result);
  if (lists === undefined) {
    throw new ZfsVmError('failed', `${host.name}: the lists from zfs broke off in the middle`, {
      hint: 'try again',
    });
  }
  try {
    const snapshots =
      options.details === true ? parseDetailedSnapshots(lists.snapshots) : parseSnapshots(lists.snapshots);
    return buildInventory(parseDatasets(lists.datasets), snapshots);
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    const line = toPrintable(error.message).slice(0, 200);
    throw new ZfsVmError('failed', `${host.name}: zfs list printed a line that can't be read: ${line}`, {
      cause: error,
    });
  }
}

function printMark(mark: string): string {
  return `printf '\\n%s\\n' ${quoteCommand([mark])}`;
}

function splitAtMarks(result: CommandResult): { datasets: string; snapshots: string } | undefined {
  const [, afterBanner] = splitAt(result.stdout, marks.datasets);
  const [datasets, rest] = splitAt(afterBanner ?? '', marks.snapshots);
  const [snapshots, end] = splitAt(rest ?? '', marks.end);
  return end === undefined ? undefined : { datasets, snapshots };
}

function splitAt(text: string, mark: string): [before: string, after: string | undefined] {
  const line = `\n${mark}\n`;
  const index = text.indexOf(line);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + line.length)];
}

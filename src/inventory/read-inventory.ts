import { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand, type CommandResult } from '../host/run-command.js';
import { toCommandError } from '../command-error.js';
import { toPrintable } from '../printable.js';
import {
  listDatasetsArguments,
  listDatasetsOldArguments,
  listDetailedSnapshotsArguments,
  listSnapshotsArguments,
  parseDatasets,
  parseDetailedSnapshots,
  parseSnapshots,
  UnreadableOutput,
} from '../zfs/list.js';
import { explainTokenArguments, parseResumeToken, type ResumeTokenContent } from '../zfs/resume-token.js';
import { quoteCommand } from '../shell.js';
import { buildInventory, type Inventory } from './inventory.js';

/** Lines that stand before, between and after the lists, so that a banner is no dataset and a cut list is noticed. */
const marks = {
  datasets: 'zfs-vm: datasets',
  snapshots: 'zfs-vm: snapshots',
  token: 'zfs-vm: token',
  end: 'zfs-vm: end',
};

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
    // Assigned before it is printed, as a pipe would hide the status of zfs. Only a zfs that lacks columns is asked twice.
    `datasets=$("$@" ${quoteCommand(listDatasetsArguments)} </dev/null 2>/dev/null) ||`,
    `  datasets=$("$@" ${quoteCommand(listDatasetsOldArguments)} </dev/null) || exit`,
    printMark(marks.datasets),
    `printf '%s\\n' "$datasets"`,
    printMark(marks.snapshots),
    `"$@" ${quoteCommand(listSnapshots)} </dev/null || exit`,
    // The resume token is the last column, and has no white space in it.
    `printf '%s\\n' "$datasets" | sed -n 's/^.*\t\\([0-9]-[0-9a-f-]*\\)$/\\1/p' | while read -r token; do`,
    `  ${printMark(marks.token)}`,
    `  printf '%s\\n' "$token"`,
    `  "$@" ${quoteCommand(explainTokenArguments('').slice(0, -1))} "$token" </dev/null 2>&1`,
    'done',
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
    return buildInventory(parseDatasets(lists.datasets), snapshots, parseTokens(lists.tokens));
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

interface Lists {
  readonly datasets: string;
  readonly snapshots: string;
  /** For each token: the token on a line, and what zfs says of it. */
  readonly tokens: readonly string[];
}

function splitAtMarks(result: CommandResult): Lists | undefined {
  const [, afterBanner] = splitAt(result.stdout, marks.datasets);
  const [datasets, afterDatasets] = splitAt(afterBanner ?? '', marks.snapshots);
  const [rest, afterEnd] = splitAt(afterDatasets ?? '', marks.end);
  if (afterEnd === undefined) return undefined;
  const [snapshots = '', ...tokens] = rest.split(`\n${marks.token}\n`);
  return { datasets, snapshots, tokens };
}

function parseTokens(texts: readonly string[]): Map<string, ResumeTokenContent> {
  const contents = new Map<string, ResumeTokenContent>();
  for (const text of texts) {
    const [token = ''] = text.split('\n');
    const content = parseResumeToken(text);
    if (content !== undefined) contents.set(token, content);
  }
  return contents;
}

function splitAt(text: string, mark: string): [before: string, after: string | undefined] {
  const line = `\n${mark}\n`;
  const index = text.indexOf(line);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + line.length)];
}

import { toCommandError } from '../host/command-error.js';
import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand, runForLines } from '../host/run-command.js';
import { toPrintable } from '../base/printable.js';
import { quoteCommand, showCommand } from '../base/shell.js';
import type { Pair } from '../streamline/comparison.js';
import { fullNameOf } from '../streamline/dataset.js';
import { diffArguments, DiffReader, longestDiffLine, type PathChange } from '../zfs/diff.js';
import { UnreadableOutput } from '../zfs/list-fields.js';
import { parseMounts } from '../zfs/mounts.js';

/** How many characters the list of mounts may have, which a host with many containers needs some of. */
export const longestMounts = 2 ** 26;

/**
 * Where a host's filesystems are mounted; nothing where that can't be told.
 * @throws ZfsVmError when the host can't start commands
 */
export async function readMounts({ host }: Endpoint, signal: AbortSignal): Promise<Map<string, string>> {
  const options = { signal, limit: longestMounts, what: '/proc/self/mounts' };
  const { stdout } = await runCommand(host, ['cat', '/proc/self/mounts'], options);
  return parseMounts(stdout);
}

/** Where what isn't mounted is mounted for the time of a comparison, which only the comparison sees. */
const privatePlace = '/tmp';

/** How changes are read. */
export interface DiffReading {
  /** Where the host's filesystems are mounted. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly onChanges: (changes: readonly PathChange[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Reads what changed in a filesystem between two points, and hands it over in lots; zfs waits until a lot is taken. zfs wants its
 * filesystems to be mounted, and what was received isn't: that is mounted read-only in a mount namespace of the command's own,
 * which leaves no trace in the dataset (`written` stays 0; seen on OpenZFS 2.1.11 and 2.3.2), and ends with it.
 * @throws ZfsVmError when zfs can't tell, or what it prints can't be read; whatever `onChanges` throws
 */
export async function readDiff(
  { host, zfs }: Endpoint,
  { from, to, dataset }: Pair,
  { mounts, onChanges, signal }: DiffReading,
): Promise<void> {
  const unmounted = [...new Set([from.dataset, dataset.name])].filter((name) => !mounts.has(name));
  const diff = [...zfs, ...diffArguments(fullNameOf(from), to === undefined ? dataset.name : fullNameOf(to))];
  const reader = new DiffReader(mounts.get(dataset.name) ?? privatePlace);
  const onLines = async (lines: readonly string[]): Promise<void> =>
    onChanges(lines.map((line) => readChange(reader, line, host.name)));
  const argv = unmounted.length === 0 ? diff : whileMounted(unmounted, diff);
  const result = await runForLines(host, argv, onLines, { signal, longestLine: longestDiffLine });
  signal.throwIfAborted();
  if (isSuccess(result.exit)) return;
  const [first] = unmounted;
  if (first === undefined || !/^(mount|unshare|sh):/m.test(result.stderr)) {
    throw toCommandError(host.name, 'zfs diff', result);
  }
  throw new ZfsVmError('failed', `${host.name}: ${first} is not mounted and cannot be mounted temporarily`, {
    details: [`stderr: ${toPrintable(result.stderr.trim())}`],
    hint: `run the command as root, or run ${unmounted.map((name) => showCommand('zfs', 'mount', name)).join(' and ')}`,
  });
}

/** The words that run a command while filesystems are mounted, all at one place: zfs only looks that they are, and where. */
function whileMounted(filesystems: readonly string[], command: readonly string[]): string[] {
  const mounting = filesystems.map((name) =>
    // The helper of zfs would not mount what has a mountpoint.
    quoteCommand(['mount', '-i', '-t', 'zfs', '-o', 'ro', name, privatePlace]),
  );
  return ['unshare', '-m', 'sh', '-c', [...mounting, 'exec "$@"'].join(' && '), 'sh', ...command];
}

function readChange(reader: DiffReader, line: string, hostName: string): PathChange {
  try {
    return reader.read(line);
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    throw new ZfsVmError(
      'failed',
      `${hostName}: unexpected output of zfs diff: ${toPrintable(error.message)}`,
      { cause: error },
    );
  }
}

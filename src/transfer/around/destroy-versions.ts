import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { readNamedSnapshots } from '../../inventory/read-about.js';
import type { Destruction } from '../../plan/destruction.js';
import { toPrintable } from '../../base/printable.js';
import { fullNameOf, type Snapshot } from '../../streamline/dataset.js';
import { parseReclaim } from '../../zfs/destroy.js';
import { UnreadableOutput } from '../../zfs/list-fields.js';
import { askEach, type CallEnd } from '../../host/run-calls.js';

/** More than zfs prints of one destruction: ten thousand full names have as many characters. */
const longestOutput = 4 * 2 ** 20;

/** Told of each destruction when it has ended: with what went wrong, if something did. */
export type DestructionListener = (destruction: Destruction, error: ZfsVmError | undefined) => void;

/** What each destruction would free, in bytes, or why zfs wouldn't do it. One command for all. */
export async function measureReclaim(
  endpoint: Endpoint,
  destructions: readonly Destruction[],
  signal: AbortSignal,
): Promise<Map<Destruction, number | ZfsVmError>> {
  const sizes = new Map<Destruction, number | ZfsVmError>();
  await askEach(endpoint, 'reclaim', destructions.map(toRecord), {
    ...{ signal, limit: longestOutput },
    onEnd: (index, end) => {
      const destruction = destructions[index];
      if (destruction === undefined) return;
      sizes.set(destruction, describeFailure(endpoint, destruction, end) ?? readReclaim(endpoint, end));
    },
  });
  return sizes;
}

/**
 * Makes bookmarks of snapshots, with their names. One command for all.
 * @returns those of which none could be made, by full name, with why
 */
export async function bookmarkSnapshots(
  endpoint: Endpoint,
  snapshots: readonly Snapshot[],
  signal: AbortSignal,
): Promise<Map<string, ZfsVmError>> {
  const failures = new Map<string, ZfsVmError>();
  const names = snapshots.map(fullNameOf);
  const records = names.map((name) => ({ name }));
  await askEach(endpoint, 'bookmark', records, {
    ...{ signal, limit: longestOutput },
    onEnd: (index, end) => {
      const name = names[index] ?? '';
      if (end.code !== 0) failures.set(name, toCallError(endpoint, `zfs bookmark ${name}`, end));
    },
  });
  return failures;
}

/**
 * Destroys what was shown, each dataset's snapshots in one call of zfs, all or none, and all of it in one command; then looks
 * whether it is gone. A dataset for which it fails keeps none of the others.
 * @throws ZfsVmError when the host is lost before all is done; the signal's reason when it is aborted
 */
export async function destroyVersions(
  endpoint: Endpoint,
  destructions: readonly Destruction[],
  signal: AbortSignal,
  onEnd: DestructionListener,
): Promise<void> {
  const done: Destruction[] = [];
  await askEach(endpoint, 'destroy', destructions.map(toRecord), {
    ...{ signal, limit: longestOutput },
    onEnd: (index, end) => {
      const destruction = destructions[index];
      if (destruction === undefined) return;
      const error = describeFailure(endpoint, destruction, end);
      if (error === undefined) done.push(destruction);
      onEnd(destruction, error);
    },
  });
  const names = done.flatMap(({ snapshots }) => snapshots.map(fullNameOf));
  const left = new Set((await readNamedSnapshots(endpoint, names, signal)).map(fullNameOf));
  for (const destruction of done) {
    const stays = destruction.snapshots.map(fullNameOf).find((name) => left.has(name));
    if (stays === undefined) continue;
    const message = `${endpoint.host.name}: zfs destroy succeeded, but ${stays} still exists`;
    onEnd(destruction, new ZfsVmError('failed', message));
  }
}

function toRecord({ dataset, snapshots }: Destruction): { dataset: string; names: string[] } {
  return { dataset, names: snapshots.map(({ name }) => name) };
}

function describeFailure(endpoint: Endpoint, { dataset }: Destruction, end: CallEnd): ZfsVmError | undefined {
  return end.code === 0 ? undefined : toCallError(endpoint, `zfs destroy of versions of ${dataset}`, end);
}

function toCallError({ host }: Endpoint, what: string, { code, output }: CallEnd): ZfsVmError {
  return toCommandError(host.name, what, { exit: { kind: 'exited', code }, stderr: output });
}

function readReclaim({ host }: Endpoint, { output }: CallEnd): number | ZfsVmError {
  try {
    return parseReclaim(output);
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    const line = toPrintable(error.message);
    return new ZfsVmError('failed', `${host.name}: unexpected output of zfs destroy -n: ${line}`);
  }
}

import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { showCommand } from '../../base/shell.js';
import { toCommandError } from '../../host/command-error.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { runCommand } from '../../host/run-command.js';
import { readPropertiesOf } from '../../inventory/read-about.js';
import type { CloneStep } from '../../plan/plan-clone.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { cloneArguments, isMadeUnmounted } from '../../zfs/clone.js';
import { createParentArguments } from '../../zfs/receive.js';

/** What came of the steps to a clone. */
export interface MadeClones {
  readonly made: readonly MadeDataset[];
  /** What was not begun any more, or failed, after something had been made. */
  readonly notMade: readonly string[];
  /** What went wrong, the first first. A dataset that was made and could not be mounted is among `made`, too. */
  readonly failures: readonly ZfsVmError[];
}

/** A dataset that was made. */
export interface MadeDataset {
  readonly step: CloneStep;
  /** Where it is mounted; undefined for what isn't, and for a volume. */
  readonly mountedAt: string | undefined;
}

/** Makes what was planned, as far as it goes, and looks what is there then. @throws ZfsVmError when that can't be found out */
export async function makeClones(
  endpoint: Endpoint,
  steps: readonly CloneStep[],
  signal: AbortSignal,
): Promise<MadeClones> {
  const { host, zfs } = endpoint;
  const made: CloneStep[] = [];
  const errors: ZfsVmError[] = [];
  for (const step of steps) {
    const result = await runCommand(host, [...zfs, ...callOf(step)], { signal });
    signal.throwIfAborted();
    const isUnmounted = isMadeUnmounted(result.stderr);
    if (isSuccess(result.exit) || isUnmounted) made.push(step);
    if (isSuccess(result.exit)) continue;
    errors.push(
      isUnmounted
        ? describeUnmounted(step.destination, result.stderr)
        : toCommandError(host.name, `zfs ${callOf(step)[0] ?? ''} ${step.destination}`, result),
    );
    if (!isUnmounted) break;
  }
  const found = await lookAtMade(endpoint, made, signal);
  const left = steps.slice(made.length).map(({ destination }) => destination);
  const failures = [...found.failures, ...errors];
  return { made: found.made, notMade: made.length > 0 ? left : [], failures };
}

/** Looks whether what zfs said it made is there, and where. */
async function lookAtMade(
  endpoint: Endpoint,
  steps: readonly CloneStep[],
  signal: AbortSignal,
): Promise<Pick<MadeClones, 'made' | 'failures'>> {
  const names = steps.map(({ destination }) => destination);
  const found = await readPropertiesOf(endpoint, names, ['origin', 'mounted', 'mountpoint'], signal);
  const made: MadeDataset[] = [];
  const failures: ZfsVmError[] = [];
  for (const step of steps) {
    const properties = new Map(found.get(step.destination)?.map(({ name, value }) => [name, value]));
    if (step.kind === 'clone' && properties.get('origin') !== fullNameOf(step.from)) {
      const message = `zfs clone succeeded, but ${step.destination} is not a clone of ${fullNameOf(step.from)}`;
      failures.push(new ZfsVmError('failed', `${localName}: ${message}`));
      continue;
    }
    const isMounted = properties.get('mounted') === 'yes';
    made.push({ step, mountedAt: isMounted ? (properties.get('mountpoint') ?? '/') : undefined });
  }
  return { made, failures };
}

function callOf(step: CloneStep): string[] {
  return step.kind === 'parent'
    ? createParentArguments(step.destination)
    : cloneArguments(fullNameOf(step.from), step.destination, step.properties);
}

function describeUnmounted(destination: string, stderr: string): ZfsVmError {
  return new ZfsVmError('failed', `${destination} was created, but could not be mounted`, {
    details: [`zfs: ${stderr.trim()}`],
    hint: `fix the cause, then run ${showCommand('zfs', 'mount', destination)}`,
  });
}

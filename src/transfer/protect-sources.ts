import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import type { Plan } from '../plan/plan.js';
import { fullNameOf } from '../streamline/dataset.js';
import { forEachName } from '../shell.js';
import { poolOf } from '../zfs/names.js';
import { bookmarkProgram, holdArguments, programArguments, releaseArguments } from '../zfs/protect.js';
import type { TransferEvent } from './event.js';
import { HoldJournal } from './hold-journal.js';
import type { Leg } from './lane-script.js';

/** How long releasing may take when the run was stopped. */
const releaseLimitMs = 1500;

/** What protecting the sender's snapshots works with. */
export interface ProtectContext {
  readonly sender: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Holds the snapshots of a plan on the sender while something is done, so that somebody who prunes there can't cut a chain. What a
 * run that died has left held is released first. Where the rights are lacking, it is done without.
 */
export async function whileHeld<T>(plan: Plan, context: ProtectContext, work: () => Promise<T>): Promise<T> {
  const { sender, emit, signal } = context;
  const snapshots = snapshotsOf(plan);
  if (snapshots.length === 0) return work();
  const journal = new HoldJournal();
  for (const left of await journal.findLeft(sender.host.name)) {
    const released = await runForNames(
      { ...sender, zfs: left.zfs },
      releaseArguments(left.tag),
      left.snapshots,
      signal,
    );
    if (released) await journal.remove(left.tag);
  }
  const tag = `zfs-vm:${process.pid}-${randomBytes(4).toString('hex')}`;
  const record = { host: sender.host.name, zfs: sender.zfs, tag, snapshots, pid: process.pid };
  await journal.write(record).catch(() => undefined);
  const isHeld = await runForNames(sender, holdArguments(tag), snapshots, signal);
  emit({ kind: 'held', host: sender.host.name, snapshots: isHeld ? snapshots.length : 0 });
  try {
    return await work();
  } finally {
    // Also after an interrupt; what can't be released now is left to the next run.
    const released = await runForNames(
      sender,
      releaseArguments(tag),
      snapshots,
      AbortSignal.timeout(releaseLimitMs),
    );
    if (released || !isHeld) await journal.remove(tag);
  }
}

/**
 * Makes bookmarks of the last snapshot that each chain brought, so that the next increment has a base here also when the
 * snapshot is gone. Best effort: nothing depends on it now.
 */
export async function bookmarkTips(done: readonly Leg[], { sender, signal }: ProtectContext): Promise<void> {
  const tips = [...new Map(done.map(({ chain, step }) => [chain, fullNameOf(step.to)])).values()];
  for (const pool of new Set(tips.map(poolOf))) {
    const ofPool = tips.filter((tip) => poolOf(tip) === pool);
    const program = [...sender.zfs, ...programArguments(pool), ...ofPool];
    const inOne = await runCommand(sender.host, program, { input: bookmarkProgram, signal });
    if (isSuccess(inOne.exit)) continue;
    const one = `"$@" bookmark "$name" "\${name%@*}#\${name#*@}" </dev/null 2>/dev/null`;
    const script = `while IFS= read -r name; do ${one}; done; :`;
    const input = ofPool.map((tip) => `${tip}\n`).join('');
    await runCommand(sender.host, ['sh', '-c', script, 'sh', ...sender.zfs], { input, signal });
  }
}

/** The sender's snapshots that a plan begins from and sends. */
function snapshotsOf({ chains }: Plan): string[] {
  const points = chains.flatMap(({ steps }) =>
    steps.flatMap((step) => ('from' in step ? [step.from, step.to] : [step.to])),
  );
  return [...new Set(points.filter(({ kind }) => kind === 'snapshot').map(fullNameOf))];
}

/** Runs zfs with names that follow its arguments; tells whether that went well. A lost host is no error here. */
async function runForNames(
  { host, zfs }: Endpoint,
  zfsArguments: readonly string[],
  names: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const { script, input } = forEachName(zfsArguments, names);
  try {
    const { exit } = await runCommand(host, ['sh', '-c', script, 'sh', ...zfs], { input, signal });
    return isSuccess(exit);
  } catch {
    return false;
  }
}

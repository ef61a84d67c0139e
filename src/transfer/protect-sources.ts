import { randomBytes } from 'node:crypto';
import { ZfsVmError } from '../errors.js';
import type { Clock } from '../clock.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import type { Plan } from '../plan/plan.js';
import { fullNameOf } from '../streamline/dataset.js';
import { forEachName } from '../shell.js';
import { explainZfsFailure } from '../zfs/failure.js';
import { poolOf } from '../zfs/names.js';
import { bookmarkProgram, holdArguments, programArguments, releaseArguments } from '../zfs/protect.js';
import type { Arrival, TransferEvent } from './event.js';
import type { HoldJournal } from './hold-journal.js';

/** How many bookmarks are made in one command, whose line has a limit: names have 255 characters at most. */
const tipsAtOnce = 200;

/** How long holding and releasing is waited for when the run was stopped. */
const waitAfterStopMs = 1200;

/** What protecting the sender's snapshots works with. */
export interface ProtectContext {
  readonly sender: Endpoint;
  readonly emit: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
}

/** What holding them works with, too. */
export interface HoldContext extends ProtectContext {
  /** Where holds are written down. */
  readonly holdJournal: Pick<HoldJournal, 'findLeft' | 'remove' | 'write'>;
  readonly clock: Clock;
}

/**
 * Holds the snapshots of a plan on the sender while something is done, so that somebody who prunes there can't cut a chain. What a
 * run that died has left held is released first. Where the rights are lacking, it is done without.
 */
export async function whileHeld<T>(plan: Plan, context: HoldContext, work: () => Promise<T>): Promise<T> {
  const { sender, emit, signal, holdJournal: journal } = context;
  /** @param isHeld whether any may be held: where that was denied, it is no matter that releasing is, too */
  const releaseAll = async (
    endpoint: Endpoint,
    tag: string,
    snapshots: readonly string[],
    isHeld: boolean,
  ): Promise<void> => {
    const ended = await runForNames(endpoint, releaseArguments(tag), snapshots);
    if (ended === 'done' || (ended === 'denied' && !isHeld)) await journal.remove(tag);
  };
  for (const { zfs, tag, snapshots } of await journal.findLeft(sender.host.name)) {
    await untilStopped(releaseAll({ ...sender, zfs }, tag, snapshots, true), context);
  }
  const snapshots = snapshotsOf(plan);
  if (snapshots.length === 0) return work();
  const tag = `zfs-vm:${process.pid}-${randomBytes(4).toString('hex')}`;
  const isNoted = await journal.write({
    host: sender.host.name,
    zfs: sender.zfs,
    tag,
    snapshots,
    pid: process.pid,
  });
  // What isn't written down could stay held for ever.
  if (!isNoted) return work();
  emit({ kind: 'held', host: sender.host.name, snapshots: snapshots.length });
  // ZFS takes them one by one, each with a sync of the pool: the streams don't wait for that.
  const holding = runForNames(sender, holdArguments(tag), snapshots);
  let releasing: Promise<void> | undefined;
  const release = (): Promise<void> => {
    releasing ??= holding.then((ended) => releaseAll(sender, tag, snapshots, ended !== 'denied'));
    return untilStopped(releasing, context);
  };
  // At once: meanwhile the streams are ended.
  const onAbort = (): void => {
    void release();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', onAbort);
    await release();
  }
}

/**
 * Makes bookmarks of the last snapshot that each chain brought, so that the next increment has a base here also when the
 * snapshot is gone. Best effort: nothing depends on it now.
 */
export async function bookmarkTips(done: readonly Arrival[], context: ProtectContext): Promise<void> {
  const tips = [...new Map(done.map(({ chain, step }) => [chain, fullNameOf(step.to)])).values()];
  for (const pool of new Set(tips.map(poolOf))) {
    const ofPool = tips.filter((tip) => poolOf(tip) === pool);
    for (let start = 0; start < ofPool.length; start += tipsAtOnce) {
      await bookmark(ofPool.slice(start, start + tipsAtOnce), pool, context);
    }
  }
}

async function bookmark(
  tips: readonly string[],
  pool: string,
  { sender, signal }: ProtectContext,
): Promise<void> {
  const { host, zfs } = sender;
  try {
    const program = [...zfs, ...programArguments(pool), ...tips];
    const inOne = await runCommand(host, program, { input: bookmarkProgram, signal });
    if (isSuccess(inOne.exit)) return;
    const one = `"$@" bookmark "$name" "\${name%@*}#\${name#*@}" </dev/null 2>/dev/null`;
    const script = `while IFS= read -r name; do ${one}; done; :`;
    const input = tips.map((tip) => `${tip}\n`).join('');
    await runCommand(host, ['sh', '-c', script, 'sh', ...zfs], { input, signal });
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
  }
}

/** The sender's snapshots that keep a chain from being cut: what it begins from, and its last one. */
function snapshotsOf({ chains }: Plan): string[] {
  const points = chains.flatMap(({ steps: [first, ...rest] }) => [
    ...('from' in first ? [first.from] : []),
    rest.at(-1)?.to ?? first.to,
  ]);
  return [...new Set(points.filter(({ kind }) => kind === 'snapshot').map(fullNameOf))];
}

/** Waits for something to be done, but not much longer once the run was stopped: it goes on alone then. */
async function untilStopped(done: Promise<void>, { signal, clock }: HoldContext): Promise<void> {
  const over = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const onAbort = (): void => {
      void clock.sleep(waitAfterStopMs, over.signal).then(resolve, resolve);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true, signal: over.signal });
  });
  await Promise.race([done, stopped]).finally(() => {
    over.abort();
  });
}

/**
 * Runs zfs with names that follow its arguments. Names for which it fails are passed over: they are gone, or the rights are lacking.
 * It is never cut short, not even when its host is closed: nobody would know then what is held. Tells whether it was done for all
 * names that are there, or that the rights for some were lacking, or that nobody knows how far it got: a lost host is no error here.
 */
async function runForNames(
  { host, zfs }: Endpoint,
  zfsArguments: readonly string[],
  names: readonly string[],
): Promise<'done' | 'denied' | 'unknown'> {
  const { script, input } = forEachName(zfsArguments, names);
  try {
    // xargs ends so (1 where it isn't GNU's) when zfs failed for some names, and otherwise when zfs was killed or isn't there.
    const passOver = '{ status=$?; [ "$status" = 123 ] || [ "$status" = 1 ]; }';
    const lines = `trap '' HUP INT TERM\n${script} || ${passOver}`;
    const { exit, stderr } = await runCommand(host, ['sh', '-c', lines, 'sh', ...zfs], { input });
    if (!isSuccess(exit)) return 'unknown';
    return explainZfsFailure(stderr)?.kind === 'denied' ? 'denied' : 'done';
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    return 'unknown';
  }
}

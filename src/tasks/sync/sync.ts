import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { flushPools } from '../../inventory/find-unchanged.js';
import { readInventory } from '../../inventory/read-inventory.js';
import { Foresight } from '../../plan/foresight.js';
import type { Retention } from '../../plan/retention.js';
import type { Datasets } from '../../streamline/dataset.js';
import { findVersions } from '../../streamline/lineage.js';
import { isChosenTag, type VersionPattern } from '../../streamline/selection.js';
import { checkKept, checkPatterns } from '../check-request.js';
import { Hosts } from '../hosts.js';
import type { Pruning } from '../pruning.js';
import type { Surroundings } from '../surroundings.js';
import type { PlannedTransfers, ReceiverOutcome } from '../transfer-outcome.js';
import { completeOptions } from '../transfer/options.js';
import { findReceivers, planLaterPush, push, type PushRequest } from '../transfer/push.js';
import { Failures } from './failures.js';
import { pruneSides } from './prune-sides.js';
import { StreamlineLocks } from './streamline-locks.js';
import { tagHeads } from './tag-heads.js';

/** What is to be tagged and pushed, and what is kept. */
export interface SyncRequest extends Pick<
  PushRequest,
  'hosts' | 'destination' | 'lanes' | 'compress' | 'bytesPerSecond' | 'retries' | 'lagMs' | 'wantsSizes'
> {
  /** Names of streamlines, in which `*` stands for any characters and `?` for one; all streamlines when there is none. */
  readonly streamlines?: readonly string[] | undefined;
  /** What is kept on this machine; when undefined, what the configuration says, or all. Of the hosts, the configuration says it. */
  readonly retention?: Retention | undefined;
}

/** What came of a round, or would. */
export interface SyncResult {
  /** The streamlines that were worked on: those that were chosen, but what another round is at work on. */
  readonly streamlines: readonly string[];
  /** The versions that were made: the full names of the snapshots of each. */
  readonly versions: readonly (readonly string[])[];
  /** What came of the push to each host; none when it failed for all of them by the same, or is only planned. */
  readonly outcomes: readonly ReceiverOutcome[];
  /** The plans of the push; undefined when it is done. */
  readonly planned: PlannedTransfers | undefined;
  /** What was pruned, host by host. */
  readonly prunings: readonly Pruning[];
  /** What went wrong beside that; each has been told by an event `problem`. */
  readonly failures: readonly ZfsVmError[];
}

/**
 * A whole round, for a schedule: makes versions where something has changed, pushes them, and prunes both sides. A part that fails keeps
 * no other from being done. Streamlines are locked meanwhile; one that another round is at work on is left out, which is a failure.
 * @throws ZfsVmError when nothing can be done at all
 */
export async function sync(request: SyncRequest, surroundings: Surroundings): Promise<SyncResult> {
  const locks = new StreamlineLocks(surroundings.takeLock);
  try {
    return await runRound(request, surroundings, locks);
  } finally {
    await locks.release();
  }
}

/** Plans what `sync` would do, each part with what the parts before it would have done, and changes nothing. @throws ZfsVmError as `sync` does */
export async function planSync(request: SyncRequest, surroundings: Surroundings): Promise<SyncResult> {
  return runRound(request, surroundings, undefined);
}

/** @param locks those that it takes; undefined when nothing is to be done but planned */
async function runRound(
  request: SyncRequest,
  surroundings: Surroundings,
  locks: StreamlineLocks | undefined,
): Promise<SyncResult> {
  const foresight = locks === undefined ? new Foresight(surroundings.clock.dateMs() / 1000) : undefined;
  const failures = new Failures(surroundings);
  const hostNames = findReceivers(request, surroundings);
  // What can't be pushed is refused before versions are made for it.
  completeOptions(request);
  const { streamlines, versions, datasets } = await lockAndTag(request, surroundings, { locks, failures });
  foresight?.noteDates(datasets);
  foresight?.addMade(localName, versions.flat());
  const patterns = streamlines.map(toPattern);
  const parts = { streamlines, versions, outcomes: [], planned: undefined, prunings: [] };
  if (streamlines.length === 0) return { ...parts, failures: failures.all };
  const pushRequest = { ...request, choice: { patterns, latest: false } };
  const pushed = await failures.attempt(async () =>
    foresight === undefined
      ? { outcomes: await tellPushed(pushRequest, surroundings) }
      : { planned: await tellPlanned(pushRequest, { foresight, datasets }, surroundings) },
  );
  const rules = { hostNames, patterns, retention: request.retention };
  const prunings = await failures.attempt(() => pruneSides(rules, surroundings, { foresight, failures }));
  return { ...parts, ...pushed, prunings: prunings ?? [], failures: failures.all };
}

/** Pushes, and tells what came of it, whatever that is. */
async function tellPushed(request: PushRequest, surroundings: Surroundings): Promise<ReceiverOutcome[]> {
  let outcomes: ReceiverOutcome[] = [];
  try {
    outcomes = await push(request, surroundings);
    return outcomes;
  } finally {
    surroundings.emit({ kind: 'pushed', outcomes });
  }
}

/** Plans the push, and foresees what the hosts will have by it. @param datasets what this machine has */
async function tellPlanned(
  request: PushRequest,
  { foresight, datasets }: { readonly foresight: Foresight; readonly datasets: Datasets },
  surroundings: Surroundings,
): Promise<PlannedTransfers> {
  const planned = await planLaterPush(request, foresight, surroundings);
  const sender = foresight.apply(localName, datasets);
  for (const { plan, receiver } of planned.plans) foresight.addPlan(receiver.host.name, plan, sender);
  surroundings.emit({ kind: 'push-planned', planned });
  return planned;
}

/** How a round is run. */
interface RoundOptions {
  /** Those that it takes; undefined when nothing is to be done but planned. */
  readonly locks: StreamlineLocks | undefined;
  readonly failures: Failures;
}

/** The streamlines that are to be synced, locked, and with new versions where there was something new. */
async function lockAndTag(
  { streamlines: names = [], retention }: SyncRequest,
  surroundings: Surroundings,
  { locks, failures }: RoundOptions,
): Promise<Pick<SyncResult, 'streamlines' | 'versions'> & { readonly datasets: Datasets }> {
  const { signal, emit } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = hosts.openLocal();
    const read = async (details: boolean): Promise<Datasets> => {
      const { datasets, malformedTags } = await readInventory(endpoint, { scope: 'tagged', details, signal });
      emit({ kind: 'malformed-tags', host: localName, malformedTags });
      return datasets;
    };
    const before = await read(false);
    const patterns = names.map(toPattern);
    checkPatterns({ patterns }, localName, before);
    if (retention !== undefined) checkKept(retention, localName, before);
    const chosen = findStreamlines(before, patterns);
    if (chosen.length === 0) {
      throw new ZfsVmError('usage', 'no versions on this machine', {
        hint: 'start a streamline with "zfs-vm tag -n STREAMLINE:VERSION DATASET"',
      });
    }
    const streamlines = locks === undefined ? chosen : await takeLocks(chosen, locks, failures);
    if (streamlines.length === 0) return { streamlines, versions: [], datasets: before };
    await flushPools(endpoint, listPlaces(before, streamlines), signal);
    // What another run made before we had the lock is there now, and what was written just before is counted.
    // A plan depends on how old versions are, too.
    const datasets = await read(locks === undefined);
    const request = { datasets, streamlines, wanted: new Set(names), isDryRun: locks === undefined };
    return { streamlines, versions: await tagHeads(endpoint, request, surroundings, failures), datasets };
  });
}

/** The datasets that have versions of streamlines, the copies among them. */
function listPlaces(datasets: Datasets, streamlines: readonly string[]): Set<string> {
  const chosen = new Set(streamlines);
  const versions = [...findVersions(datasets)].filter(({ tag }) => chosen.has(tag.streamline));
  return new Set(versions.map(({ dataset }) => dataset));
}

/** Locks streamlines. @returns those that are locked; what another run is at work on is told */
async function takeLocks(
  streamlines: readonly string[],
  locks: StreamlineLocks,
  failures: Failures,
): Promise<string[]> {
  const taken: string[] = [];
  for (const streamline of streamlines) {
    if (await locks.take(streamline)) taken.push(streamline);
    else failures.tell(describeLocked(streamline));
  }
  return taken;
}

function findStreamlines(datasets: Datasets, patterns: readonly VersionPattern[]): string[] {
  const chosen = [...findVersions(datasets)].filter(({ tag }) => isChosenTag(patterns, tag));
  return [...new Set(chosen.map(({ tag }) => tag.streamline))].sort();
}

function toPattern(streamline: string): VersionPattern {
  return { streamline, upTo: undefined };
}

function describeLocked(streamline: string): ZfsVmError {
  return new ZfsVmError('failed', `${streamline} skipped: another sync is working on it`, {
    hint: 'if this persists, look for a hanging zfs-vm process',
  });
}

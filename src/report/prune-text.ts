import type { ChalkInstance } from 'chalk';
import { ZfsVmError } from '../errors.js';
import type { Destruction } from '../plan/destruction.js';
import type { Fate, NeededBookmark, PrunedStreamline, PrunePlan } from '../plan/plan-prune.js';
import { fullNameOf } from '../streamline/dataset.js';
import { describeKeepReason } from './describe-prune.js';
import { formatBytes, formatCount } from './quantities.js';

/** A plan with what is known of it, on a named host. */
export interface MeasuredPrune {
  readonly plan: PrunePlan;
  readonly hostName: string;
  /** What each of the plan's destructions would free, or why zfs wouldn't do it. */
  readonly reclaim: ReadonlyMap<Destruction, number | ZfsVmError>;
}

/**
 * What would be pruned, for people: the versions by streamline, and the very destructions with what each frees. What stays is told
 * where a rule would have let it go; all of it if it is to be verbose.
 */
export function formatPrunePlan(
  { plan, hostName, reclaim }: MeasuredPrune,
  { colors, verbose }: { readonly colors: ChalkInstance; readonly verbose: boolean },
): string {
  const lines = [
    ...plan.streamlines.flatMap((streamline) => formatStreamline(streamline, colors, verbose)),
    ...plan.bookmarks.map((bookmark) => describeBookmark(bookmark, hostName)),
    ...plan.destructions.map((destruction) => {
      const size = reclaim.get(destruction);
      const frees = typeof size === 'number' ? `  frees ${formatBytes(size)}` : '';
      return `${colors.red(describeDestruction(destruction, hostName))}${frees}`;
    }),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What a plan comes to, e.g. `2 versions on local: 6 snapshots of 3 datasets, which frees 1.2 MiB`. */
export function sumPrune({ plan, hostName, reclaim }: MeasuredPrune): string {
  const versions = plan.streamlines.flatMap(({ fates }) => fates.filter(isGoing)).length;
  return `${formatCount(versions, 'version')} on ${hostName}: ${sumDestructions(plan.destructions, reclaim)}`;
}

/** How much destructions destroy and free, e.g. `6 snapshots of 3 datasets, which frees 1.2 MiB`. */
export function sumDestructions(
  destructions: readonly Destruction[],
  reclaim: MeasuredPrune['reclaim'],
): string {
  const snapshots = destructions.reduce((sum, each) => sum + each.snapshots.length, 0);
  const sizes = destructions.map((each) => reclaim.get(each)).filter((size) => typeof size === 'number');
  const bytes = formatBytes(sizes.reduce((sum, size) => sum + size, 0));
  const datasets = formatCount(new Set(destructions.map(({ dataset }) => dataset)).size, 'dataset');
  return `${formatCount(snapshots, 'snapshot')} of ${datasets}, which frees ${bytes}`;
}

/** What a destruction destroys, as zfs is asked for it: `destroy local:tank/vm@zfs-vm:web:1,zfs-vm:web:2`. */
function describeDestruction({ dataset, snapshots }: Destruction, hostName: string): string {
  return `destroy ${hostName}:${dataset}@${snapshots.map(({ name }) => name).join(',')}`;
}

function describeBookmark({ snapshot, receivers }: NeededBookmark, hostName: string): string {
  return `bookmark ${hostName}:${fullNameOf(snapshot)}, from which ${receivers.join(' and ')} goes on`;
}

function formatStreamline(
  { name, fates }: PrunedStreamline,
  colors: ChalkInstance,
  verbose: boolean,
): string[] {
  const going = fates.filter(isGoing);
  const told = fates.filter((fate) => verbose || isGoing(fate) || !fate.reasons.some(isWanted));
  const versionWidth = Math.max(0, ...told.map(({ tree }) => tree.root.tag.version.text.length));
  return [
    `${colors.bold(name)}: ${going.length} of ${formatCount(fates.length, 'version')} ${going.length === 1 ? 'goes' : 'go'}`,
    ...told.map(({ tree: { root, members }, createdAtSeconds, reasons }) => {
      const created = new Date(createdAtSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
      const where = members.length === 0 ? root.dataset : `${root.dataset} (+${members.length})`;
      const what = `${root.tag.version.text.padStart(versionWidth)}  ${created}  ${where}`;
      if (reasons.length === 0) return `  goes   ${what}`;
      return `  stays  ${what}  ${colors.dim(reasons.map(describeKeepReason).join('; '))}`;
    }),
  ];
}

function isGoing({ reasons }: Fate): boolean {
  return reasons.length === 0;
}

/** Whether it was asked for that a version stays. */
function isWanted({ kind }: Fate['reasons'][number]): boolean {
  return kind === 'rule' || kind === 'not-chosen';
}

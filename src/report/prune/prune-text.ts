import type { ChalkInstance } from 'chalk';
import { nameHost, qualify } from '../../base/host-words.js';
import type { Destruction } from '../../plan/destruction.js';
import type { Fate, NeededBookmark, PrunedStreamline } from '../../plan/plan-prune.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { MeasuredPrune } from '../../tasks/pruning.js';
import { describeKeepReason } from './describe-prune.js';
import { formatBytes, formatCount } from '../quantities.js';

/**
 * What would be pruned, for people, in pieces: the versions by streamline, and the very destructions with what each frees. What stays is
 * told where a rule would have let it go; all of it if it is to be verbose.
 */
export function* formatPrunePlan(
  { plan, host, reclaim }: MeasuredPrune,
  { colors, verbose }: { readonly colors: ChalkInstance; readonly verbose: boolean },
): Generator<string> {
  for (const streamline of plan.streamlines) {
    for (const line of listStreamline(streamline, colors, verbose)) yield `${line}\n`;
  }
  for (const bookmark of plan.bookmarks) yield `${describeBookmark(bookmark, host)}\n`;
  for (const destruction of plan.destructions) {
    const size = reclaim.get(destruction);
    const frees = typeof size === 'number' ? `  frees ${formatBytes(size)}` : '';
    yield `${colors.red(describeDestruction(destruction, host))}${frees}\n`;
  }
}

/** What a plan comes to, e.g. `2 versions on b: 6 snapshots of 3 datasets, freeing 1.2 MiB`. */
export function sumPrune({ plan, host, reclaim }: MeasuredPrune): string {
  const versions = plan.streamlines.reduce((sum, { fates }) => sum + fates.filter(isGoing).length, 0);
  return `${formatCount(versions, 'version')} on ${nameHost(host)}: ${sumDestructions(plan.destructions, reclaim)}`;
}

/** How much destructions destroy and free, e.g. `6 snapshots of 3 datasets, freeing 1.2 MiB`. */
export function sumDestructions(
  destructions: readonly Destruction[],
  reclaim: MeasuredPrune['reclaim'],
): string {
  const snapshots = destructions.reduce((sum, each) => sum + each.snapshots.length, 0);
  const sizes = destructions.map((each) => reclaim.get(each)).filter((size) => typeof size === 'number');
  const bytes = formatBytes(sizes.reduce((sum, size) => sum + size, 0));
  const datasets = formatCount(new Set(destructions.map(({ dataset }) => dataset)).size, 'dataset');
  return `${formatCount(snapshots, 'snapshot')} of ${datasets}, freeing ${bytes}`;
}

/** What a destruction destroys, as zfs is asked for it: `destroy b:tank/vm@zfs-vm:web:1,zfs-vm:web:2`. */
function describeDestruction({ dataset, snapshots }: Destruction, host: string): string {
  return `destroy ${qualify(host, dataset)}@${snapshots.map(({ name }) => name).join(',')}`;
}

function describeBookmark({ snapshot, receivers }: NeededBookmark, host: string): string {
  return `bookmark ${qualify(host, fullNameOf(snapshot))}, the base for ${receivers.join(' and ')}`;
}

function* listStreamline(
  { name, fates }: PrunedStreamline,
  colors: ChalkInstance,
  verbose: boolean,
): Generator<string> {
  const going = fates.filter(isGoing).length;
  const told = fates.filter((fate) => verbose || isGoing(fate) || !fate.reasons.some(isWanted));
  let width = 0;
  for (const { tree } of told) width = Math.max(width, tree.root.tag.version.text.length);
  yield `${colors.bold(name)}: ${going} of ${formatCount(fates.length, 'version')} to destroy`;
  for (const { tree, createdAtSeconds, reasons } of told) {
    const { root, members } = tree;
    const created = new Date(createdAtSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
    const where = members.length === 0 ? root.dataset : `${root.dataset} (+${members.length})`;
    const what = `${root.tag.version.text.padStart(width)}  ${created} UTC  ${where}`;
    yield reasons.length === 0
      ? `  destroy  ${what}`
      : `  keep     ${what}  ${colors.dim(reasons.map(describeKeepReason).join('; '))}`;
  }
}

function isGoing({ reasons }: Fate): boolean {
  return reasons.length === 0;
}

/** Whether it was asked for that a version stays. */
function isWanted({ kind }: Fate['reasons'][number]): boolean {
  return kind === 'rule' || kind === 'not-chosen';
}

import { findAsides } from '../../plan/aside.js';
import type { Datasets } from '../../streamline/dataset.js';
import { datasetOf } from '../../streamline/lineage.js';
import { findTagIn, readTag } from '../../streamline/tag.js';
import { isHoldTag } from '../../transfer/protection/source-holds.js';
import { isWithin } from '../../zfs/names.js';
import type { Finding } from './finding.js';
import type { DatasetsReading, HoldReading } from './host-reading.js';

/** No run holds anything for so long without anybody noticing. */
const longestRunSeconds = 86_400;

/**
 * Of each dataset, so many bookmarks stay: a receiver that has nothing newer than one of them can be sent an increment from it. With a version an hour,
 * these are three weeks.
 */
export const keptBookmarks = 500;

/** When holds were looked at, and which of them are known to be of runs that have died. */
export interface LeftoverContext {
  /** By the clock of the host that has them. */
  readonly nowSeconds: number;
  /** Their tags. */
  readonly dead: ReadonlySet<string>;
}

/** What earlier runs have left on a host. */
export function judgeLeftovers(
  { inventory, holds }: Pick<DatasetsReading, 'inventory' | 'holds'>,
  context: LeftoverContext,
): Finding[] {
  const { datasets, malformedTags } = inventory;
  const names = malformedTags.map(({ name }) => name);
  const findings: Finding[] = [
    ...judgeHolds(holds, context),
    ...judgePartials(datasets),
    ...judgeAsides(datasets),
    ...judgeBookmarks(datasets),
    ...(names.length > 0 ? [{ kind: 'malformed-tags', level: 'warning', names } as const] : []),
  ];
  return findings.length === 0 ? [{ kind: 'no-leftovers', level: 'ok' }] : findings;
}

function judgeHolds(holds: readonly HoldReading[], context: LeftoverContext): Finding[] {
  const left = findLeftHolds(holds, context);
  const young = holds.filter(({ tag }) => isHoldTag(tag)).length - left.length;
  const snapshots = [...new Set(left.map(({ snapshot }) => snapshot))];
  return [
    ...(left.length > 0 ? [{ kind: 'holds', level: 'warning', count: left.length, snapshots } as const] : []),
    ...(young > 0 ? [{ kind: 'young-holds', level: 'note', count: young } as const] : []),
  ];
}

/** The holds of ours that no run needs any more: it has died, or it is long ago. */
export function findLeftHolds(
  holds: readonly HoldReading[],
  { nowSeconds, dead }: LeftoverContext,
): HoldReading[] {
  return holds.filter(({ tag, takenAtSeconds }) => {
    if (!isHoldTag(tag)) return false;
    return dead.has(tag) || (takenAtSeconds !== undefined && nowSeconds - takenAtSeconds > longestRunSeconds);
  });
}

function judgeAsides(datasets: Datasets): Finding[] {
  const names = [...findAsides(datasets)];
  if (names.length === 0) return [];
  const cloned = names
    .map((dataset) => ({ dataset, clones: findClonesOf(datasets, dataset) }))
    .filter(({ clones }) => clones.length > 0);
  return [{ kind: 'asides', level: 'note', datasets: names, cloned }];
}

/** What keeps `zfs destroy -r` from destroying a dataset: what was cloned from it, or from what is below it, and lies elsewhere. */
function findClonesOf(datasets: Datasets, dataset: string): string[] {
  return [...datasets.values()]
    .filter(({ name, origin }) => {
      return origin !== undefined && isWithin(datasetOf(origin), dataset) && !isWithin(name, dataset);
    })
    .map(({ name }) => name);
}

function judgePartials(datasets: Datasets): Finding[] {
  const resumable: string[] = [];
  const stale = findStalePartials(datasets).map(({ name }) => name);
  for (const { name, partial } of datasets.values()) {
    if (partial?.content !== undefined && findTagIn(partial.content.toName) !== undefined) {
      resumable.push(name);
    }
  }
  const toFinding = (names: readonly string[], isResumable: boolean): Finding[] =>
    names.length === 0 ? [] : [{ kind: 'partials', level: 'warning', datasets: names, isResumable }];
  return [...toFinding(resumable, true), ...toFinding(stale, false)];
}

/** Interrupted receives of which zfs can't make sense itself: nothing continues them. */
export function findStalePartials(datasets: Datasets): { readonly name: string; readonly token: string }[] {
  return [...datasets.values()].flatMap(({ name, partial }) =>
    partial !== undefined && partial.content === undefined ? [{ name, token: partial.token }] : [],
  );
}

/** What makes lists longer than they have to be. Only bookmarks that have the name of a version are of ours. */
export function findOldBookmarks(datasets: Datasets): string[] {
  return [...datasets.values()].flatMap(({ name, bookmarks }) => {
    const ours = bookmarks.filter((bookmark) => readTag(bookmark.name).kind === 'tag');
    return ours.slice(0, Math.max(0, ours.length - keptBookmarks)).map((point) => `${name}#${point.name}`);
  });
}

function judgeBookmarks(datasets: Datasets): Finding[] {
  const count = findOldBookmarks(datasets).length;
  return count === 0 ? [] : [{ kind: 'bookmarks', level: 'warning', count }];
}

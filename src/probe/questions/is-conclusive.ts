import type { Chain, Plan, UpToDate } from '../../plan/plan.js';
import { undoes } from '../../plan/preparation.js';
import type { Probe } from './probes.js';

/** How a receiver was looked at. */
export interface QuickLook {
  /** What was asked. */
  readonly probes: readonly Probe[];
  /** Whether all datasets were listed, with their roles. */
  readonly knowsAllDatasets: boolean;
}

/**
 * Whether a plan that was made without knowing all of the receiver's snapshots is the one that knowing them would have given: all
 * copies are where they were looked for, by a rule that nothing else can overrule; and nothing is in conflict.
 */
export function isConclusive(
  { chains, upToDate, conflicts }: Plan,
  { probes, knowsAllDatasets }: QuickLook,
): boolean {
  const bySource = new Map(probes.map((probe) => [probe.source.dataset.name, probe]));
  const isSure = ({
    source,
    destination,
    place,
    by,
  }: Pick<UpToDate, 'source' | 'destination' | 'place'> & Pick<Chain | UpToDate, 'by'>): boolean => {
    const probe = bySource.get(source);
    if (probe === undefined || probe.place !== place) return false;
    if (by === 'role') return knowsAllDatasets && probe.isExpected;
    // Of those that have the version, it is the nearest, as all that are as near in their names were asked. What was asked for another
    // dataset's sake may be any.
    if (by === 'elsewhere') {
      return knowsAllDatasets && !probe.isExpected && probe.places.includes(destination);
    }
    return by === 'place';
  };
  // Where a place has gone on, another dataset may be the copy, by its role.
  const hasGoneOn = chains.some(({ preparation }) => undoes(preparation));
  return conflicts.length === 0 && !hasGoneOn && chains.every(isSure) && upToDate.every(isSure);
}

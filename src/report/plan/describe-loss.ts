import { nameHost, qualify } from '../../base/host-words.js';
import { listDestroyed } from '../../plan/preparation.js';
import type { Leftover } from '../../tasks/leftover.js';
import type { Loss } from '../../tasks/loss.js';
import { formatTagShort } from '../../streamline/tag.js';
import { formatCount } from '../quantities.js';
import { describeDeletion, describePreparation } from './describe-plan.js';

/** What would be lost, a line for each thing. */
export function describeLoss(loss: Loss): string[] {
  switch (loss.kind) {
    case 'preparation':
      return describePreparation(loss.chain, loss.host);
    case 'deletion':
      return describeDeletion(loss.destruction, loss.host);
    case 'partial':
      return [
        `discard the interrupted receive of ${formatTagShort(loss.tag)} in ${qualify(loss.host, loss.dataset)}`,
      ];
    case 'leftover':
      return [describeLeftover(loss.leftover, loss.host)];
  }
}

/** What removing a leftover does, in a line. */
export function describeLeftover(leftover: Leftover, host: string): string {
  switch (leftover.kind) {
    case 'hold':
      return `release ${qualify(host, leftover.snapshot)}, held by an earlier run (${leftover.tag})`;
    case 'stale-partial':
      return `discard the interrupted receive in ${qualify(host, leftover.dataset)}, which cannot be resumed`;
    case 'bookmark':
      return `destroy the bookmark ${qualify(host, leftover.name)}`;
  }
}

/** The question whether all of that may be lost, e.g. `Destroy 3 snapshots on b?`. */
export function askAboutLosses(losses: readonly Loss[]): string {
  const sum = (count: (loss: Loss) => number): number => losses.reduce((all, loss) => all + count(loss), 0);
  const destroyed = [
    [sum(countSnapshots), 'snapshot'] as const,
    [sum((loss) => (preparationOf(loss)?.kind === 'replace' ? 1 : 0)), 'dataset'] as const,
    [sum((loss) => (leftoverOf(loss) === 'bookmark' ? 1 : 0)), 'bookmark'] as const,
  ];
  const parts = [
    { verb: 'destroy', things: destroyed },
    {
      verb: 'roll back',
      things: [[sum((loss) => (preparationOf(loss)?.kind === 'rollback' ? 1 : 0)), 'dataset'] as const],
    },
    {
      verb: 'discard',
      things: [[sum((loss) => (isPartial(loss) ? 1 : 0)), 'interrupted receive'] as const],
    },
    { verb: 'release', things: [[sum((loss) => (leftoverOf(loss) === 'hold' ? 1 : 0)), 'hold'] as const] },
  ].map(({ verb, things }) => ({ verb, things: things.filter(([count]) => count > 0) }));
  const what = parts
    .filter(({ things }) => things.length > 0)
    .map(
      ({ verb, things }) =>
        `${verb} ${things.map(([count, noun]) => formatCount(count, noun)).join(' and ')}`,
    )
    .join(' and ');
  const hosts = [...new Set(losses.map(({ host }) => nameHost(host)))].join(', ');
  return `${what.slice(0, 1).toUpperCase()}${what.slice(1)} on ${hosts}?`;
}

function preparationOf(loss: Loss): Extract<Loss, { kind: 'preparation' }>['chain']['preparation'] {
  return loss.kind === 'preparation' ? loss.chain.preparation : undefined;
}

function leftoverOf(loss: Loss): Leftover['kind'] | undefined {
  return loss.kind === 'leftover' ? loss.leftover.kind : undefined;
}

function isPartial(loss: Loss): boolean {
  return loss.kind === 'partial' || leftoverOf(loss) === 'stale-partial';
}

function countSnapshots(loss: Loss): number {
  if (loss.kind === 'deletion') return loss.destruction.snapshots.length;
  return listDestroyed(preparationOf(loss)).length;
}

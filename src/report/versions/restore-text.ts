import type { ChalkInstance } from 'chalk';
import { quoteCommand } from '../../base/shell.js';
import { toPrintable } from '../../base/printable.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { PlannedRestore, RestoredDataset, RestoreResult } from '../../tasks/restore/restore.js';
import { formatCount } from '../quantities.js';
import { describeMade } from './clone-text.js';

/** How many versions are named. */
const mostNamed = 10;

/** What was restored, a line each. */
export function describeRestored(result: Exclude<RestoreResult, { kind: 'not-pulled' }>): string[] {
  switch (result.kind) {
    case 'unchanged':
      return [
        `${result.dataset} is at ${formatTagShort(result.tag)}, and has not changed since; nothing was done`,
      ];
    case 'new':
      return result.made.map(describeMade);
    case 'received':
      return result.datasets.map(
        (dataset) => `restored ${describeDataset(dataset)} at ${formatTagShort(result.tag)}`,
      );
    case 'restored':
      return [
        ...result.datasets.map(
          (dataset) => `restored ${describeDataset(dataset)} at ${formatTagShort(result.tag)}`,
        ),
        describeKept(result.plan),
      ].map(toPrintable);
  }
}

/** How a restore is undone: commands that can be pasted, a line each. */
export function describeUndoing({ undoCalls }: Extract<RestoreResult, { kind: 'restored' }>): string[] {
  return [
    'to undo it, stop what uses it, then run:',
    ...undoCalls.map((call) => `  zfs ${quoteCommand(call)}`),
  ];
}

function describeDataset({ name, type, mountedAt, wantsMount }: RestoredDataset): string {
  if (type === 'volume') return `${name} (/dev/zvol/${name})`;
  if (mountedAt !== undefined) return `${name} (mounted at ${mountedAt})`;
  return wantsMount ? `${name} (could not be mounted)` : `${name} (not mounted)`;
}

/** What stays of what was there before. */
function describeKept({
  aside,
  kept,
  isUnchanged,
}: Extract<PlannedRestore, { kind: 'in-place' }>['plan']): string {
  const named = kept.slice(-mostNamed).map(({ tag }) => formatTagShort(tag));
  const more =
    kept.length > named.length ? `${formatCount(kept.length - named.length, 'older version')}, ` : '';
  const versions = kept.length === 0 ? '' : ` with ${more}${named.join(', ')}`;
  const written = isUnchanged ? '' : `${versions === '' ? ' with' : ' and'} what was written since`;
  return `kept ${aside}${versions}${written}`;
}

/** What a restore would do, for people: a line for each step. */
export function formatRestorePlan(planned: PlannedRestore, colors: ChalkInstance): string[] {
  const name = formatTagShort(planned.tag);
  switch (planned.kind) {
    case 'unchanged':
      return [`${planned.dataset} is at ${name}, and has not changed since; nothing to do`];
    case 'new':
      return [`would create ${planned.target} as a clone of ${name}`];
    case 'in-place': {
      const { plan, steps } = planned;
      return [
        colors.bold(`would restore ${plan.dataset.name} to ${name}; nothing is destroyed`),
        ...steps.map(({ what, name: subject, to }) => {
          return `  ${what.padEnd(7)}  ${subject}${to === undefined ? '' : ` to ${to}`}`;
        }),
        describeKept(plan).replace(/^kept/, 'would keep'),
      ].map(toPrintable);
    }
  }
}

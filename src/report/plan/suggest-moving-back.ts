import { nameHost } from '../../base/host-words.js';
import { quoteCommand } from '../../base/shell.js';
import type { ConflictReason } from '../../plan/plan.js';

/** How a copy that is half moved aside gets its name back; with its clone in its place, that one gets its history. */
export function suggestMovingBack(
  { dataset, before, taken }: ConflictReason & { readonly kind: 'half-moved' },
  receiverName: string,
): string {
  const there = `on ${nameHost(receiverName)}`;
  switch (taken) {
    case 'free':
      return `to restore the name, run "${quoteCommand(['zfs', 'rename', dataset, before])}" ${there}, then run the same command again`;
    case 'clone':
      return `to complete the renaming, run "${quoteCommand(['zfs', 'promote', before])}" ${there}, then run the same command again; ${dataset} keeps the changes of the receiver`;
    case 'other':
      return `rename ${dataset} with "zfs rename" ${there}, then run the same command again: ${before} is another dataset`;
  }
}

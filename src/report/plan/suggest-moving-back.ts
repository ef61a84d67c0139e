import { quoteCommand } from '../../base/shell.js';
import type { ConflictReason } from '../../plan/plan.js';

/** How a copy that is half moved aside gets its name back; with its clone in its place, that one gets its history. */
export function suggestMovingBack({
  dataset,
  before,
  taken,
}: ConflictReason & { readonly kind: 'half-moved' }): string {
  switch (taken) {
    case 'free':
      return `give it its name back with "${quoteCommand(['zfs', 'rename', dataset, before])}" on the receiver, and run this again`;
    case 'clone':
      return `complete that with "${quoteCommand(['zfs', 'promote', before])}" on the receiver, and run this again: ${dataset} keeps what the receiver has made of it`;
    case 'other':
      return `give it a name of its own with "zfs rename" on the receiver, and run this again: ${before} is another dataset there`;
  }
}

import type { Leftover } from '../../tasks/leftover.js';
import type { Loss } from '../../tasks/loss.js';
import { formatTagShort } from '../../streamline/tag.js';
import { describeDeletion, describePreparation } from './describe-plan.js';

/** What would be lost, a line for each thing. */
export function describeLoss(loss: Loss): string[] {
  switch (loss.kind) {
    case 'preparation':
      return describePreparation(loss.chain, loss.host);
    case 'deletion':
      return describeDeletion(loss.destruction, loss.host);
    case 'partial':
      return [`drop what arrived of ${formatTagShort(loss.tag)} at ${loss.host}:${loss.dataset}`];
    case 'leftover':
      return [describeLeftover(loss.leftover, loss.host)];
  }
}

/** What removing a leftover does, in a line. */
export function describeLeftover(leftover: Leftover, host: string): string {
  switch (leftover.kind) {
    case 'hold':
      return `release ${leftover.snapshot} on ${host}, held by an earlier run (${leftover.tag})`;
    case 'stale-partial':
      return `drop the interrupted receive at ${host}:${leftover.dataset}, which nothing can continue`;
    case 'bookmark':
      return `destroy the bookmark ${leftover.name} on ${host}`;
  }
}

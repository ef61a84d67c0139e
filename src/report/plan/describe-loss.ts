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
  }
}

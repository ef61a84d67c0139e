import type { Inventory } from '../inventory/inventory.js';
import { formatCount } from '../report/quantities.js';
import type { BaseCommand } from './base-command.js';

/** Tells, once each, which snapshots look like versions and are none, and why. */
export function warnOfMalformedTags(
  command: BaseCommand,
  hostName: string,
  { malformedTags }: Inventory,
): void {
  for (const { name, datasets, reason } of malformedTags) {
    const [first = '', ...others] = datasets;
    const where = others.length === 0 ? first : `${first} and ${formatCount(others.length, 'other dataset')}`;
    command.context.stderr.write(`ignored: snapshot ${name} of ${where} on ${hostName}: ${reason}\n`);
  }
}

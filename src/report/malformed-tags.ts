import { nameHost } from '../base/host-words.js';
import type { Inventory } from '../inventory/inventory.js';
import { formatCount } from './quantities.js';

/** Which snapshots of a host look like versions and are none, and why: a line each. */
export function describeMalformedTags(hostName: string, malformedTags: Inventory['malformedTags']): string[] {
  return malformedTags.map(({ name, datasets, reason }) => {
    const [first = '', ...others] = datasets;
    const where = others.length === 0 ? first : `${first} and ${formatCount(others.length, 'other dataset')}`;
    return `ignored: snapshot ${name} of ${where} on ${nameHost(hostName)}: ${reason}`;
  });
}

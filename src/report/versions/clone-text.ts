import type { CloneStep } from '../../plan/plan-clone.js';
import { formatTagShort } from '../../streamline/tag.js';

/**
 * What was made, and where it is for use.
 * @param properties of the new dataset: `mounted`, `mountpoint`
 */
export function describeClone(step: CloneStep, properties: ReadonlyMap<string, string>): string {
  if (step.kind === 'parent') return `made ${step.destination}`;
  const { from, source, destination } = step;
  const what = `cloned ${formatTagShort(from.tag)} of ${from.dataset} to ${destination}`;
  if (source.type === 'volume') return `${what}: /dev/zvol/${destination}`;
  return properties.get('mounted') === 'yes'
    ? `${what}, mounted at ${properties.get('mountpoint') ?? '/'}`
    : `${what}, not mounted`;
}

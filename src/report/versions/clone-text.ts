import { toPrintable } from '../../base/printable.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { MadeDataset } from '../../tasks/clone/make-clones.js';

/** What was made, and where it is for use. */
export function describeMade({ step, mountedAt }: MadeDataset): string {
  if (step.kind === 'parent') return toPrintable(`created ${step.destination}`);
  const { from, source, destination } = step;
  const what = `cloned ${formatTagShort(from.tag)} of ${from.dataset} to ${destination}`;
  if (source.type === 'volume') return toPrintable(`${what}: /dev/zvol/${destination}`);
  return toPrintable(mountedAt === undefined ? `${what}, not mounted` : `${what}, mounted at ${mountedAt}`);
}

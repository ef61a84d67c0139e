import { formatTagShort } from '../../streamline/tag.js';
import type { Unchanged } from '../../tasks/tag/next-version.js';

/** Why a dataset or tree gets no version, in words. */
export function describeUnchanged({ dataset, isTree, newest }: Unchanged): string {
  const since = `changed since ${formatTagShort(newest)}`;
  return isTree ? `nothing in ${dataset} has ${since}` : `${dataset} has not ${since}`;
}

import { formatTagShort } from '../../streamline/tag.js';
import type { Unchanged } from '../../tasks/tag/next-version.js';

/** Why a dataset or tree gets no version, in words. */
export function describeUnchanged({ dataset, isTree, newest }: Unchanged): string {
  const since = `changes since ${formatTagShort(newest)}`;
  return isTree
    ? `no ${since} in ${dataset} or below; no version created`
    : `no ${since} in ${dataset}; no version created`;
}

import { didYouMean } from '../base/similar.js';
import { ZfsVmError } from '../base/errors.js';
import type { Datasets } from '../streamline/dataset.js';
import { findVersion, type FoundVersion, type VersionName } from '../streamline/find-version.js';

/** How many names are suggested. */
const suggestions = 5;

/**
 * Finds a version by its name.
 * @throws ZfsVmError `usage` when there is none, with what there is
 */
export function findNamedVersion(
  hostName: string,
  datasets: Datasets,
  name: VersionName,
): Extract<FoundVersion, { kind: 'found' }>['trees'] {
  const found = findVersion(datasets, name);
  switch (found.kind) {
    case 'found':
      return found.trees;
    case 'unknown-streamline': {
      const { known } = found;
      throw new ZfsVmError(
        'usage',
        `${hostName} has no streamline "${name.streamline}"${didYouMean(name.streamline, known)}`,
        {
          hint:
            known.length === 0
              ? 'make a version with "zfs-vm tag" first, or bring some with "zfs-vm pull"'
              : `it has: ${known.slice(0, suggestions).join(', ')}${known.length > suggestions ? ', ...' : ''}`,
        },
      );
    }
    case 'unknown-version':
      throw new ZfsVmError(
        'usage',
        `${hostName} has no version ${name.version?.text ?? ''} of ${name.streamline}`,
        { hint: `of those near it, it has: ${found.nearest.map(({ text }) => text).join(', ')}` },
      );
  }
}

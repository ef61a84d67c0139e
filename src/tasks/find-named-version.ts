import { didYouMean } from '../base/similar.js';
import { nameHost } from '../base/host-words.js';
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
      const meant = didYouMean(name.streamline, known);
      throw new ZfsVmError('usage', `no streamline "${name.streamline}" on ${nameHost(hostName)}${meant}`, {
        hint:
          known.length === 0
            ? 'create a version with "zfs-vm tag -n STREAMLINE:VERSION DATASET", or receive versions with "zfs-vm pull HOST"'
            : `existing streamlines: ${known.slice(0, suggestions).join(', ')}${known.length > suggestions ? ', ...' : ''}`,
      });
    }
    case 'unknown-version':
      throw new ZfsVmError(
        'usage',
        `no version ${name.version?.text ?? ''} of ${name.streamline} on ${nameHost(hostName)}`,
        { hint: `existing versions: ${found.nearest.map(({ text }) => text).join(', ')}` },
      );
  }
}

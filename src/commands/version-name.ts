import { ZfsVmError } from '../base/errors.js';
import type { Datasets } from '../streamline/dataset.js';
import { findVersion, type FoundVersion, type VersionName } from '../streamline/find-version.js';
import { describeVersionFault, findStreamlineFault } from '../streamline/tag.js';
import { parseVersion } from '../streamline/version.js';

/**
 * Reads what a person calls a version: `NAME:VERSION`, or `NAME` for the newest one.
 * @throws ZfsVmError `usage`
 */
export function readVersionName(text: string): VersionName {
  const [streamline = '', versionText, ...rest] = text.split(':');
  const version = versionText === undefined ? undefined : parseVersion(versionText);
  const fault =
    rest.length > 0
      ? 'it has more than one colon'
      : (findStreamlineFault(streamline) ??
        (versionText !== undefined && version === undefined ? describeVersionFault(versionText) : undefined));
  if (fault === undefined) return { streamline, version };
  throw new ZfsVmError('usage', `${JSON.stringify(text)} can't be a version: ${fault}`, {
    hint: 'write NAME:VERSION, e.g. debian-7:12',
  });
}

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
      throw new ZfsVmError('usage', `${hostName} has no streamline "${name.streamline}"`, {
        hint:
          known.length === 0
            ? 'make a version with "zfs-vm tag" first, or bring some with "zfs-vm pull"'
            : `it has: ${known.slice(0, suggestions).join(', ')}${known.length > suggestions ? ', ...' : ''}`,
      });
    }
    case 'unknown-version':
      throw new ZfsVmError(
        'usage',
        `${hostName} has no version ${name.version?.text ?? ''} of ${name.streamline}`,
        { hint: `of those near it, it has: ${found.nearest.map(({ text }) => text).join(', ')}` },
      );
  }
}

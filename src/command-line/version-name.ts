import { ZfsVmError } from '../base/errors.js';
import type { VersionName } from '../streamline/find-version.js';
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
      ? 'it contains more than one colon'
      : (findStreamlineFault(streamline) ??
        (versionText !== undefined && version === undefined ? describeVersionFault(versionText) : undefined));
  if (fault === undefined) return { streamline, version };
  throw new ZfsVmError('usage', `invalid version name ${JSON.stringify(text)}: ${fault}`, {
    hint: 'use STREAMLINE:VERSION, e.g. debian-7:12',
  });
}

/** A version as a person calls it, e.g. `debian-7:12`; that of a whole streamline is its name. */
export function formatVersionName({ streamline, version }: VersionName): string {
  return version === undefined ? streamline : `${streamline}:${version.text}`;
}

import { ZfsVmError } from '../base/errors.js';
import { parsePattern, type VersionPattern } from '../streamline/selection.js';
import { list, type ReadText, type ValueDefinition } from './option.js';

/**
 * Reads what `-n` says of streamlines: `debian-7`, `debian-*`, `debian-7:12`.
 * @throws ZfsVmError `usage`
 */
export function readPattern(text: string): VersionPattern {
  const pattern = /^[A-Za-z0-9_. :*?/-]*$/.test(text) ? parsePattern(text) : undefined;
  if (pattern !== undefined) return pattern;
  throw new ZfsVmError('usage', `-n ${JSON.stringify(text)} can't be a streamline or STREAMLINE:VERSION`, {
    hint: 'write -n debian-7, -n "debian-*" or -n debian-7:12',
  });
}

/**
 * Reads what `-n` says of datasets, where every snapshot counts: `tank/vm`, `tank/*`.
 * @throws ZfsVmError `usage`
 */
export function readDatasetPattern(text: string): VersionPattern {
  if (/^[A-Za-z0-9_. :*?/-]+$/.test(text)) return { streamline: text, upTo: undefined };
  throw new ZfsVmError(
    'usage',
    `-n ${JSON.stringify(text)} can't be a dataset, as it is with --all-snapshots`,
    {
      hint: 'write -n tank/vm or -n "tank/*"',
    },
  );
}

/** Which streamlines are meant. @param help what comes of it */
export function patternsOption(
  help: string,
  read: ReadText<VersionPattern> = readPattern,
): ValueDefinition<readonly VersionPattern[]> {
  return list(['-n', '--name'], { value: 'PATTERN', kind: 'pattern', help, read });
}

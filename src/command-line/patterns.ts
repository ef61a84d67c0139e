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
  throw new ZfsVmError(
    'usage',
    `invalid value for -n: ${JSON.stringify(text)} is neither a streamline nor STREAMLINE:VERSION`,
    {
      hint: 'use e.g. -n debian-7, -n "debian-*" or -n debian-7:12',
    },
  );
}

/** Which datasets are meant, where every snapshot counts. */
export interface DatasetPattern {
  /** A dataset's name, in which `*` stands for any characters and `?` for one. */
  readonly dataset: string;
}

/**
 * Reads what `-n` says of datasets, where every snapshot counts: `tank/vm`, `tank/*`.
 * @throws ZfsVmError `usage`
 */
export function readDatasetPattern(text: string): DatasetPattern {
  if (/^[A-Za-z0-9_. :*?/-]+$/.test(text)) return { dataset: text };
  throw new ZfsVmError(
    'usage',
    `invalid value for -n: with --all-snapshots it must be a dataset, and ${JSON.stringify(text)} is not one`,
    {
      hint: 'use e.g. -n tank/vm or -n "tank/*"',
    },
  );
}

/** Which streamlines are meant. @param help what comes of it @param read how a word is read; as a pattern for versions when left out */
export function patternsOption(help: string): ValueDefinition<readonly VersionPattern[]>;
export function patternsOption<Pattern>(
  help: string,
  read: ReadText<Pattern>,
): ValueDefinition<readonly Pattern[]>;
export function patternsOption(
  help: string,
  read: ReadText<unknown> = readPattern,
): ValueDefinition<readonly unknown[]> {
  return list(['-n', '--name'], { value: 'PATTERN', kind: 'pattern', help, read });
}

import type { Tag } from './tag.js';
import { compareVersions, parseVersion, type Version } from './version.js';

/** Which versions are meant: those of the streamlines that fit a pattern, all of them or up to one. */
export interface VersionPattern {
  /** A streamline's name, in which `*` stands for any characters and `?` for one. */
  readonly streamline: string;
  readonly upTo: Version | undefined;
}

/**
 * Reads what `-n` says: `debian-7`, `debian-*` or `debian-7:12`. Undefined when what stands after the colon is no version, or
 * there is nothing before it.
 */
export function parsePattern(text: string): VersionPattern | undefined {
  const [streamline = '', versionText, ...rest] = text.split(':');
  if (streamline === '' || rest.length > 0) return undefined;
  if (versionText === undefined) return { streamline, upTo: undefined };
  const upTo = parseVersion(versionText);
  return upTo === undefined ? undefined : { streamline, upTo };
}

/** Whether a tag is one of those that were chosen: any, when no pattern says which. */
export function isChosenTag(patterns: readonly VersionPattern[], { streamline, version }: Tag): boolean {
  if (patterns.length === 0) return true;
  return findFitting(patterns, streamline).some(
    ({ upTo }) => upTo === undefined || compareVersions(version, upTo) <= 0,
  );
}

/**
 * The patterns that fit a streamline. A sync names each of a host's streamlines, of which each has many versions: so it is found once
 * for a streamline, and a name without wildcards is looked up.
 */
function findFitting(patterns: readonly VersionPattern[], streamline: string): readonly VersionPattern[] {
  const index = indexes.get(patterns) ?? indexPatterns(patterns);
  indexes.set(patterns, index);
  const known = index.fitting.get(streamline);
  if (known !== undefined) return known;
  const found = [
    ...(index.plain.get(streamline) ?? []),
    ...index.globs.filter((pattern) => matchesGlob(pattern.streamline, streamline)),
  ];
  index.fitting.set(streamline, found);
  return found;
}

interface PatternIndex {
  /** Those without wildcards, by their streamlines. */
  readonly plain: ReadonlyMap<string, readonly VersionPattern[]>;
  readonly globs: readonly VersionPattern[];
  /** What was found already. */
  readonly fitting: Map<string, readonly VersionPattern[]>;
}

/** By the very list of patterns, as long as somebody has it. */
const indexes = new WeakMap<readonly VersionPattern[], PatternIndex>();

function indexPatterns(patterns: readonly VersionPattern[]): PatternIndex {
  const plain = new Map<string, VersionPattern[]>();
  const globs: VersionPattern[] = [];
  for (const pattern of patterns) {
    const alike = plain.get(pattern.streamline);
    if (hasWildcard(pattern.streamline)) globs.push(pattern);
    else if (alike === undefined) plain.set(pattern.streamline, [pattern]);
    else alike.push(pattern);
  }
  return { plain, globs, fitting: new Map() };
}

/** Whether a pattern means more than the one text that it is. */
export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** Whether a text fits a pattern with `*` and `?`. Takes no longer than the product of their lengths, whatever they are. */
export function matchesGlob(pattern: string, text: string): boolean {
  let [patternIndex, textIndex] = [0, 0];
  // Where to go on when the characters after the last `*` turn out not to fit: let it swallow one more.
  let [starIndex, swallowedTo] = [-1, 0];
  while (textIndex < text.length) {
    const wanted = pattern[patternIndex];
    if (wanted === '*') {
      [starIndex, swallowedTo] = [patternIndex++, textIndex];
    } else if (wanted === '?' || wanted === text[textIndex]) {
      patternIndex++;
      textIndex++;
    } else if (starIndex >= 0) {
      patternIndex = starIndex + 1;
      textIndex = ++swallowedTo;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(patternIndex));
}

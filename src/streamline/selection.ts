import type { Tag } from './tag.js';
import { compareVersions, parseVersion, type Version } from './version.js';

/** Which versions are meant: those of the streamlines that fit a pattern, all of them or up to one. */
export interface VersionPattern {
  /** A streamline's name, or a dataset's where every snapshot counts, in which `*` stands for any characters and `?` for one. */
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

/** Whether a pattern means a tag. */
export function matchesTag(pattern: VersionPattern, { streamline, version }: Tag): boolean {
  if (!matchesGlob(pattern.streamline, streamline)) return false;
  return pattern.upTo === undefined || compareVersions(version, pattern.upTo) <= 0;
}

/** Whether a tag is one of those that were chosen: any, when no pattern says which. */
export function isChosenTag(patterns: readonly VersionPattern[], tag: Tag): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesTag(pattern, tag));
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

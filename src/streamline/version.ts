import semver from 'semver';

/**
 * One version of a streamline: a whole number of any size, or a semantic version.
 * `text` is the spelling, and there is only one for each version: equal versions have equal texts.
 */
export type Version =
  | { readonly kind: 'number'; readonly text: string; readonly value: bigint }
  | { readonly kind: 'semver'; readonly text: string; readonly value: semver.SemVer };

/**
 * Reads a version, e.g. `7` or `2.0.0-rc.1`. Gives undefined for everything else, also for other spellings of a
 * version (`007`, `v1.0.0`): two names for one version would make it ambiguous. For the same reason the numbers of a semantic
 * version go no further than its comparison is exact, up to 2^53.
 * Build metadata (`1.0.0+5`) never comes up: ZFS refuses `+` in names.
 */
export function parseVersion(text: string): Version | undefined {
  if (/^(0|[1-9][0-9]*)$/.test(text)) return { kind: 'number', text, value: BigInt(text) };
  const value = semver.parse(text);
  if (value === null || value.version !== text || value.prerelease.some(isTooLargeNumber)) return undefined;
  return { kind: 'semver', text, value };
}

const number = '(0|[1-9][0-9]*)';
const prereleasePart = `(${number}|[0-9]*[A-Za-z-][A-Za-z0-9-]*)`;

/**
 * What a version is, as an extended regular expression for programs that run on hosts. It takes no semantic version with numbers that may be too
 * large: `tooLongVersionExpression` finds those, and some more.
 */
export const versionExpression = `${number}([.]${number}[.]${number}(-${prereleasePart}([.]${prereleasePart})*)?)?`;

/** What has too many digits to be a number of a semantic version. */
export const tooLongVersionExpression = '[0-9]'.repeat(16);

/**
 * Orders versions as numbers, or by semver precedence. Where a streamline has both, the number n stands just
 * before the release n.0.0 and after its pre-releases.
 * @returns negative when `a` comes first, positive when `b` does, 0 only for the same version
 */
export function compareVersions(a: Version, b: Version): number {
  if (a.kind === 'number') {
    return b.kind === 'number' ? compareBigints(a.value, b.value) : compareMixed(a.value, b.value);
  }
  return b.kind === 'number' ? -compareMixed(b.value, a.value) : semver.compare(a.value, b.value);
}

/**
 * The version that follows by itself: the next number, the next patch of a release (`1.4.0` gives `1.4.1`), the next
 * pre-release of a pre-release (`2.0.0-rc.1` gives `2.0.0-rc.2`). Anything bolder is the person's to name. Undefined where the
 * numbers of semantic versions end.
 */
export function nextVersion(version: Version): Version | undefined {
  if (version.kind === 'number') {
    const value = version.value + 1n;
    return { kind: 'number', text: value.toString(), value };
  }
  const step = version.value.prerelease.length === 0 ? 'patch' : 'prerelease';
  return parseVersion(new semver.SemVer(version.text).inc(step).version);
}

/** semver leaves such a part of a pre-release as text, and compares it as if it were rounded. */
function isTooLargeNumber(part: string | number): boolean {
  return typeof part === 'string' && /^[0-9]+$/.test(part);
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareMixed(number: bigint, release: semver.SemVer): number {
  const byMajor = compareBigints(number, BigInt(release.major));
  if (byMajor !== 0) return byMajor;
  const isPrereleaseOfIt = release.minor === 0 && release.patch === 0 && release.prerelease.length > 0;
  return isPrereleaseOfIt ? 1 : -1;
}

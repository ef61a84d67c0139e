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
 * version (`007`, `v1.0.0`): two names for one version would make it ambiguous.
 * Build metadata (`1.0.0+5`) never comes up: ZFS refuses `+` in names.
 */
export function parseVersion(text: string): Version | undefined {
  if (/^(0|[1-9][0-9]*)$/.test(text)) return { kind: 'number', text, value: BigInt(text) };
  const value = semver.parse(text);
  return value !== null && value.version === text ? { kind: 'semver', text, value } : undefined;
}

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
 * pre-release of a pre-release (`2.0.0-rc.1` gives `2.0.0-rc.2`). Anything bolder is the person's to name.
 */
export function nextVersion(version: Version): Version {
  if (version.kind === 'number') {
    const value = version.value + 1n;
    return { kind: 'number', text: value.toString(), value };
  }
  const step = version.value.prerelease.length === 0 ? 'patch' : 'prerelease';
  const value = new semver.SemVer(version.text).inc(step);
  return { kind: 'semver', text: value.version, value };
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

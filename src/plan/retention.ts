import { compareVersions } from '../streamline/version.js';
import type { Tag } from '../streamline/tag.js';

/** Which versions of a streamline are kept. Each rule keeps what it names, whatever the others say; what none keeps may go. */
export interface Retention {
  /** The newest so many. */
  readonly last?: number;
  /** All that are younger. */
  readonly withinSeconds?: number;
  /** The newest of each of the last so many hours (days, weeks, ...) that have one. */
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Versions by name. */
  readonly versions?: readonly Tag[];
}

/** A rule of a retention, by what it counts. */
export type RetentionRule = 'last' | 'within' | Period | 'named';

/** A span of the calendar. */
export type Period = (typeof periods)[number];

/** The spans of the calendar that there are rules for. */
export const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** A version of a streamline, with when it was made. */
export interface DatedVersion {
  readonly tag: Tag;
  readonly createdAtSeconds: number;
}

/** Whether there is any rule: without one, nothing is said about what may go. */
export function hasRules({ versions = [], ...counts }: Retention): boolean {
  return versions.length > 0 || Object.keys(counts).length > 0;
}

/**
 * Finds which rules keep each version of a streamline. The newest are those with the highest versions; for the calendar, those that
 * were made last. Hours, days, weeks (from Monday), months and years are those of UTC, and only ones that have a version count:
 * a host that was off for a month loses nothing by that.
 * @returns the rules that keep it, for each version in the order given; none for what may go
 */
export function findKeepingRules(
  versions: readonly DatedVersion[],
  retention: Retention,
  nowSeconds: number,
): RetentionRule[][] {
  const rules = versions.map((): RetentionRule[] => []);
  const keep = (index: number, rule: RetentionRule): void => {
    rules[index]?.push(rule);
  };
  const { last = 0, withinSeconds, versions: named = [] } = retention;
  const oldestSeconds = withinSeconds === undefined ? Infinity : nowSeconds - withinSeconds;
  const byVersion = orderNewestFirst(versions, (a, b) => compareVersions(a.tag.version, b.tag.version));
  for (const index of byVersion.slice(0, last)) keep(index, 'last');
  for (const [index, { createdAtSeconds }] of versions.entries()) {
    if (createdAtSeconds >= oldestSeconds) keep(index, 'within');
  }
  const byAge = orderNewestFirst(versions, compareAges);
  for (const period of periods) {
    const count = retention[period] ?? 0;
    const kept = count === 0 ? [] : findNewestOfEach(versions, byAge, period).slice(0, count);
    for (const index of kept) {
      keep(index, period);
    }
  }
  for (const [index, { tag }] of versions.entries()) {
    if (named.some((other) => isSameTag(tag, other))) keep(index, 'named');
  }
  return rules;
}

/** Of versions from new to old, the newest one of each span of the calendar, by their indexes. */
function findNewestOfEach(
  versions: readonly DatedVersion[],
  byAge: readonly number[],
  period: Period,
): number[] {
  const newest = new Map<number, number>();
  for (const index of byAge) {
    const span = spanOf(versions[index]?.createdAtSeconds ?? 0, period);
    if (!newest.has(span)) newest.set(span, index);
  }
  return [...newest.values()];
}

/** The number of the hour, day, ... of UTC in which a time lies; later ones are higher. */
function spanOf(seconds: number, period: Period): number {
  const day = Math.floor(seconds / 86_400);
  const date = new Date(seconds * 1000);
  switch (period) {
    case 'hourly':
      return Math.floor(seconds / 3600);
    case 'daily':
      return day;
    case 'weekly':
      // Time began on a Thursday.
      return Math.floor((day + 3) / 7);
    case 'monthly':
      return date.getUTCFullYear() * 12 + date.getUTCMonth();
    case 'yearly':
      return date.getUTCFullYear();
  }
}

function orderNewestFirst(
  versions: readonly DatedVersion[],
  compare: (a: DatedVersion, b: DatedVersion) => number,
): number[] {
  return [...versions.entries()].sort(([, a], [, b]) => compare(b, a)).map(([index]) => index);
}

function compareAges(a: DatedVersion, b: DatedVersion): number {
  return a.createdAtSeconds - b.createdAtSeconds || compareVersions(a.tag.version, b.tag.version);
}

function isSameTag(a: Tag, b: Tag): boolean {
  // There is one spelling for each version.
  return a.streamline === b.streamline && a.version.text === b.version.text;
}

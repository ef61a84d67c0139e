import type { HostReading } from './host-reading.js';
import type { Finding } from './finding.js';

/** Beyond this, times of versions and ages of holds mislead. */
const mostSkewSeconds = 60;

/** How much of what login scripts print is shown. */
const shownBanner = 80;

/** What is to be said of the account, its login, and the programs there. @param skewSeconds by how much its clock is ahead of ours */
export function judgeHost(
  { user, userId, shell, banner, missingPrograms, hasZstd }: HostReading,
  skewSeconds: number | undefined,
): Finding[] {
  const text = banner === '' ? undefined : banner.slice(0, shownBanner);
  return [
    { kind: 'account', level: 'ok', user, isRoot: userId === 0, shell },
    { kind: 'banner', level: text === undefined ? 'ok' : 'note', text },
    { kind: 'programs', level: missingPrograms.length === 0 ? 'ok' : 'fault', missing: missingPrograms },
    { kind: 'zstd', level: hasZstd ? 'ok' : 'note', isThere: hasZstd },
    ...(skewSeconds === undefined ? [] : [judgeClock(skewSeconds)]),
  ];
}

function judgeClock(skewSeconds: number): Finding {
  return { kind: 'clock', level: Math.abs(skewSeconds) > mostSkewSeconds ? 'warning' : 'ok', skewSeconds };
}

/**
 * By how many seconds a clock is ahead, at least: 0 when what it said may have been right at some moment between asking and hearing.
 * @param askedAt and `heardAt` in seconds since 1970, by our clock
 */
export function findSkew(
  seconds: number,
  { askedAt, heardAt }: { askedAt: number; heardAt: number },
): number {
  if (seconds + 1 < askedAt) return Math.round(seconds - askedAt);
  return seconds > heardAt ? Math.round(seconds - heardAt) : 0;
}

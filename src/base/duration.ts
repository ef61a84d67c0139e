const secondsOf: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};

/** How durations are written, for errors and help. */
export const durationForm = 'a whole number from 1 followed by s, m, h, d, w or y, e.g. 26h or 30d';

/**
 * Reads a duration as people write it (`90s`, `26h`, `30d`, `8w`), in seconds; undefined for anything else. A year has 365 days.
 * Zero is none: nothing is younger than that, so that a rule with it would keep nothing.
 */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^([0-9]{1,9})([smhdwy])$/.exec(text) ?? [];
  const seconds = Number(number) * (secondsOf[unit] ?? 1);
  return seconds > 0 ? seconds : undefined;
}

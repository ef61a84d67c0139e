const secondsOf: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};

/** How durations are written, for errors and help. */
export const durationForm = 'a number with s, m, h, d, w or y behind it, e.g. 26h or 30d';

/** Reads a duration as people write it (`90s`, `26h`, `30d`, `8w`), in seconds; undefined for anything else. A year has 365 days. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^([0-9]{1,9})([smhdwy])$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (secondsOf[unit] ?? 1);
}

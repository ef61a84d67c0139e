import prettyBytes from 'pretty-bytes';

/** A number of bytes for people, in powers of 1024 as zfs has them: `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  return prettyBytes(bytes, { binary: true });
}

/** A span of time for people: `0.4 s`, `12 s`, `3:07`, `2:03:07`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const clock = [Math.floor((whole % 3600) / 60), whole % 60].map((part) => part.toString().padStart(2, '0'));
  return whole < 3600 ? clock.join(':').replace(/^0/, '') : `${Math.floor(whole / 3600)}:${clock.join(':')}`;
}

/** An age for people, in the largest unit of which it has two: `50 s`, `90 min`, `26 h`, `30 d`. */
export function formatAge(seconds: number): string {
  const [size, unit] = ageUnits.find(([unitSeconds]) => seconds >= 2 * unitSeconds) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const ageUnits = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

/** `1 version`, `2 versions`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

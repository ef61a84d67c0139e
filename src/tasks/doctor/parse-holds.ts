import { isSnapshotName } from '../../zfs/names.js';
import type { HoldReading } from './host-reading.js';

/** An awk program that lets the names of snapshots through that somebody holds, of lines with `userrefs` and the name. */
export const heldOnly = '$1 > 0 { print $2 }';

/**
 * Reads what `zfs holds -H` prints with English words and in UTC: the snapshot, the tag, and when it was taken, as ctime(3) has it without
 * seconds; what isn't such a line is passed over.
 */
export function parseHolds(output: string): HoldReading[] {
  return output.split('\n').flatMap((line) => {
    const [snapshot = '', tag = '', taken] = line.split('\t');
    if (taken === undefined || !isSnapshotName(snapshot)) return [];
    return { snapshot, tag, takenAtSeconds: parseTime(taken.trim()) };
  });
}

function parseTime(text: string): number | undefined {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  const milliseconds = Date.parse(`${text} UTC`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

import type { DetailOptions, SnapshotDetails, SnapshotRow } from '../../src/zfs/list.js';
import { scanDetailedSnapshots } from '../../src/zfs/snapshot-scanner.js';

/** What `scanDetailedSnapshots` hands over, as a list. @throws UnreadableOutput */
export function readDetailedSnapshots(
  output: string,
  options: DetailOptions,
): (SnapshotRow & SnapshotDetails)[] {
  const rows: (SnapshotRow & SnapshotDetails)[] = [];
  scanDetailedSnapshots(
    output,
    {
      add: (row, details) => {
        if (details !== undefined) rows.push({ ...row, ...details });
      },
    },
    options,
  );
  return rows;
}

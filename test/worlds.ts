import { buildInventory } from '../src/inventory/inventory.js';
import type { Datasets } from '../src/streamline/dataset.js';
import { ancestorsOf } from '../src/zfs/names.js';
import type { DatasetRow, SnapshotRow } from '../src/zfs/list.js';

/**
 * What a host holds, in a small notation, a line a dataset:
 *
 *     tank/vm: web:1 web:2 @mine
 *     tank/disk (volume): web:1
 *     tank/new < tank/vm@web:2: web:3
 *
 * After `<` stands the origin. A snapshot is a tag, or `@name` for one that isn't ours. Two snapshots written alike, on whatever
 * host, are the same by GUID; `web:1'` is another snapshot with the name of `web:1`. Marks after the name: `(volume)`,
 * `(encrypted)`, `(partial)` for an interrupted receive. Lines are in order of creation; what is above them is there by itself.
 */
export function world(...lines: readonly string[]): Datasets {
  const datasets = new Map<string, DatasetRow>();
  const snapshots: SnapshotRow[] = [];
  const add = (row: DatasetRow): void => {
    for (const name of ancestorsOf(row.name)) {
      if (!datasets.has(name)) datasets.set(name, { ...plainDataset, name });
    }
    datasets.set(row.name, row);
  };
  for (const line of lines) {
    const [, name = '', marks = '', origin, list = ''] =
      /^([^ :]+)((?: \([a-z]+\))*)(?: < ([^ ]+))?:(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not in the notation: ${line}`);
    add({
      name,
      type: marks.includes('(volume)') ? 'volume' : 'filesystem',
      origin: origin === undefined ? undefined : toFullName(origin),
      encrypted: marks.includes('(encrypted)'),
      resumeToken: marks.includes('(partial)') ? '1-abc' : undefined,
    });
    for (const text of list.split(' ').filter((word) => word !== '')) {
      snapshots.push({
        dataset: name,
        name: toSnapshotName(text),
        guid: toGuid(text),
        createtxg: BigInt(100 + snapshots.length),
      });
    }
  }
  return buildInventory([...datasets.values()], snapshots).datasets;
}

const plainDataset = {
  type: 'filesystem',
  origin: undefined,
  encrypted: false,
  resumeToken: undefined,
} as const;

function toFullName(text: string): string {
  const at = text.indexOf('@');
  return `${text.slice(0, at)}@${toSnapshotName(text.slice(at + 1))}`;
}

function toSnapshotName(text: string): string {
  const name = text.replaceAll("'", '');
  return name.startsWith('@') ? name.slice(1) : name.includes(':') ? `zfs-vm:${name}` : name;
}

/** The text's bytes as a number: alike texts have alike GUIDs, others don't. */
function toGuid(text: string): bigint {
  return BigInt(`0x${Buffer.from(text).toString('hex')}`);
}

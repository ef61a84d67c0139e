import { buildInventory } from '../src/inventory/inventory.js';
import type { Chain } from '../src/plan/plan.js';
import type { Datasets } from '../src/streamline/dataset.js';
import type { ResumeTokenContent } from '../src/zfs/resume-token.js';
import { ancestorsOf, poolOf } from '../src/zfs/names.js';
import type { Role } from '../src/zfs/role.js';
import type { DatasetRow, SnapshotRow } from '../src/zfs/list.js';

/**
 * What a host holds, in a small notation, a line a dataset:
 *
 *     tank/vm: web:1 web:2 @mine
 *     tank/disk (volume): web:1
 *     tank/new < tank/vm@web:2: web:3
 *
 * After `<` stands the origin. A snapshot is a tag, or `@name` for one that isn't ours. Two snapshots written alike, on whatever
 * host, are the same by GUID; `web:1~x` is another snapshot with the name of `web:1`. Marks after the name: `(volume)`,
 * `(encrypted)`, `(modified)`, `(made at 5)`, `(partial web:2 since web:1)` for an interrupted receive, `(partial web:2 of tank/vm since web:1)` for one whose token names this dataset, `(partial web:1 raw)` for one of a raw stream, `(copy of tank/vm)`, `(locked)`, `(ground)`, `(root tank)` for the encryption root, `(guid name)`; `#name` is a bookmark. Lines are in order of creation; what is above them is there by itself.
 */
export function world(...lines: readonly string[]): Datasets {
  const datasets = new Map<string, DatasetRow>();
  const snapshots: SnapshotRow[] = [];
  const tokens = new Map<string, ResumeTokenContent>();
  const add = (row: DatasetRow): void => {
    for (const name of ancestorsOf(row.name)) {
      if (!datasets.has(name)) datasets.set(name, { ...plainDataset, name, guid: datasetGuid(name) });
    }
    datasets.set(row.name, row);
  };
  for (const line of lines) {
    const [, name = '', marks = '', origin, list = ''] =
      /^([^ :]+)((?: \([^)]*\))*)(?: < ([^ ]+))?:(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not in the notation: ${line}`);
    add({
      ...plainDataset,
      name,
      type: marks.includes('(volume)') ? 'volume' : 'filesystem',
      origin: origin === undefined ? undefined : toFullName(origin),
      encrypted: marks.includes('(encrypted)'),
      writtenBytes: marks.includes('(modified)') ? 14336 : 0,
      madeAtSeconds: Number(/\(made at ([0-9]+)\)/.exec(marks)?.[1] ?? 0),
      resumeToken: readPartial(marks, tokens),
      guid: datasetGuid(/\(guid ([^)]+)\)/.exec(marks)?.[1] ?? name),
      encryptionRoot:
        /\(root ([^)]+)\)/.exec(marks)?.[1] ?? (marks.includes('(encrypted)') ? name : undefined),
      keyStatus: marks.includes('(locked)')
        ? 'unavailable'
        : marks.includes('(encrypted)')
          ? 'available'
          : undefined,
      role: readRole(marks),
      isGround: marks.includes('(ground)'),
    });
    for (const text of list.split(' ').filter((word) => word !== '')) {
      const twin = snapshots.find((other) => other.dataset === name && other.guid === toGuid(text));
      snapshots.push({
        kind: text.startsWith('#') ? 'bookmark' : 'snapshot',
        dataset: name,
        name: toSnapshotName(text),
        guid: toGuid(text),
        createtxg: twin?.createtxg ?? 100 + snapshots.length,
      });
    }
  }
  return buildInventory([...datasets.values()], snapshots, tokens).datasets;
}

/** What a dataset is to zfs-vm: `(copy of tank/vm)`, `(aside of tank/vm)`; of another host than the one that is meant, `(copy of c:tank/vm)`; of both, `(copy of tank/vm and c:tank/vm)`. */
function readRole(marks: string): Role | undefined {
  const [, kind, names] = /\((copy|aside) of ([^)]+)\)/.exec(marks) ?? [];
  if ((kind !== 'copy' && kind !== 'aside') || names === undefined) return undefined;
  const [first, ...others] = names
    .split(' and ')
    .map((name) => ({ guid: datasetGuid(name), poolGuid: datasetGuid(poolOf(name)) }));
  return first && { kind, sources: [first, ...others] };
}

/** The GUID of a dataset: that of its name, unless `(guid name)` says that it was called otherwise. */
function datasetGuid(name: string): bigint {
  return toGuid(`/${name}`);
}

/** What a chain waits for, to be put behind the rest of it. */
export function describeAfter({ after }: Pick<Chain, 'after'>): string {
  return after.length === 0 ? '' : ` after ${after.join(' and ')}`;
}

/** The token of an interrupted receive, and what it is about: `(partial)`, `(partial web:1)`, `(partial web:2 since web:1)`; with `raw` at its end where the stream is. */
function readPartial(marks: string, tokens: Map<string, ResumeTokenContent>): string | undefined {
  const [mark, to, of = 'tank/sent', from, raw] =
    /\(partial(?: ([^ )]+))?(?: of ([^ )]+))?(?: since ([^ )]+))?( raw)?\)/.exec(marks) ?? [];
  if (mark === undefined) return undefined;
  const token = `1-${tokens.size}`;
  if (to !== undefined) {
    const toName = `${of}@${toSnapshotName(to)}`;
    tokens.set(token, {
      toName,
      toGuid: toGuid(to),
      fromGuid: from === undefined ? undefined : toGuid(from),
      isRaw: raw !== undefined,
    });
  }
  return token;
}

const plainDataset = {
  type: 'filesystem',
  origin: undefined,
  encrypted: false,
  writtenBytes: 0,
  madeAtSeconds: 0,
  newestSnapshot: undefined,
  resumeToken: undefined,
  encryptionRoot: undefined,
  keyStatus: undefined,
  role: undefined,
  isGround: false,
} as const;

function toFullName(text: string): string {
  const at = text.indexOf('@');
  return `${text.slice(0, at)}@${toSnapshotName(text.slice(at + 1))}`;
}

function toSnapshotName(text: string): string {
  const name = text.replace(/~.*/, '');
  if (name.startsWith('@')) return name.slice(1);
  const label = name.replace(/^#/, '');
  return label.includes(':') ? `zfs-vm:${label}` : label;
}

/** The text's bytes as a number: alike texts have alike GUIDs, others don't; the bookmark `#web:1` has that of `web:1`. */
function toGuid(text: string): bigint {
  return BigInt(`0x${Buffer.from(text.replace(/^#/, '')).toString('hex')}`);
}

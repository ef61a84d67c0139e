import { ancestorsOf } from '../../src/zfs/names.js';
import { diffContents, emptyContent } from './content.js';
import { Dataset, isEarlier, Snapshot, type Bookmark } from './dataset.js';
import { emptyDatasetBytes, type Pools } from './pools.js';
import { encodeToken } from './stream-format.js';

/** Whatever zfs lists. */
export type Listed =
  | { readonly kind: 'filesystem' | 'volume'; readonly name: string; readonly dataset: Dataset }
  | {
      readonly kind: 'snapshot';
      readonly name: string;
      readonly dataset: Dataset;
      readonly snapshot: Snapshot;
    }
  | {
      readonly kind: 'bookmark';
      readonly name: string;
      readonly dataset: Dataset;
      readonly bookmark: Bookmark;
    };

/** A property's value, and where it comes from as `zfs get` tells it. */
export interface Valued {
  readonly value: string;
  readonly source: string;
}

/** Properties that can be set, with what they are where nobody has: for filesystems, and for volumes if they have them. */
const defaults: ReadonlyMap<string, { filesystem?: string; volume?: string; inherits: boolean }> = new Map(
  Object.entries({
    aclinherit: { filesystem: 'restricted', inherits: true },
    acltype: { filesystem: 'off', inherits: true },
    atime: { filesystem: 'on', inherits: true },
    canmount: { filesystem: 'on', inherits: false },
    checksum: { filesystem: 'on', volume: 'on', inherits: true },
    compression: { filesystem: 'on', volume: 'on', inherits: true },
    copies: { filesystem: '1', volume: '1', inherits: true },
    devices: { filesystem: 'on', inherits: true },
    dnodesize: { filesystem: 'legacy', inherits: true },
    exec: { filesystem: 'on', inherits: true },
    filesystem_limit: { filesystem: '18446744073709551615', inherits: false },
    logbias: { filesystem: 'latency', volume: 'latency', inherits: true },
    mountpoint: { filesystem: '/', inherits: true },
    primarycache: { filesystem: 'all', volume: 'all', inherits: true },
    quota: { filesystem: '0', inherits: false },
    readonly: { filesystem: 'off', volume: 'off', inherits: true },
    recordsize: { filesystem: '131072', inherits: true },
    redundant_metadata: { filesystem: 'all', volume: 'all', inherits: true },
    refquota: { filesystem: '0', inherits: false },
    refreservation: { filesystem: '0', volume: '0', inherits: false },
    relatime: { filesystem: 'on', inherits: true },
    reservation: { filesystem: '0', volume: '0', inherits: false },
    secondarycache: { filesystem: 'all', volume: 'all', inherits: true },
    setuid: { filesystem: 'on', inherits: true },
    sharenfs: { filesystem: 'off', inherits: true },
    sharesmb: { filesystem: 'off', inherits: true },
    snapdir: { filesystem: 'hidden', inherits: true },
    snapshot_limit: { filesystem: '18446744073709551615', volume: '18446744073709551615', inherits: false },
    sync: { filesystem: 'standard', volume: 'standard', inherits: true },
    volblocksize: { volume: '16384', inherits: false },
    volmode: { filesystem: 'default', volume: 'default', inherits: true },
    volsize: { volume: '1073741824', inherits: false },
    xattr: { filesystem: 'on', inherits: true },
  }),
);

const readOnlyNames = new Set([
  ...[
    'name',
    'type',
    'guid',
    'createtxg',
    'creation',
    'origin',
    'written',
    'referenced',
    'used',
    'available',
    'encryption',
  ],
  ...[
    'receive_resume_token',
    'keystatus',
    'encryptionroot',
    'ivsetguid',
    'redact_snaps',
    'userrefs',
    'inconsistent',
    'mounted',
    'prevsnap',
  ],
]);

/** What the names of properties begin with that tell what was written since the snapshot that they name. */
const writtenSince = 'written@';

/** Whether zfs knows a property of that name; anyone's own have a colon. */
export function isKnownProperty(name: string): boolean {
  return name.includes(':') || name.startsWith(writtenSince) || defaults.has(name) || readOnlyNames.has(name);
}

/** Whether what has no value of a property of its own has that of what is above it. */
export function isInheritable(name: string): boolean {
  return defaults.get(name)?.inherits ?? true;
}

/** Whether a property can be set on that type of dataset. */
export function isSettable(name: string, type: Dataset['type']): boolean {
  return name.includes(':') || defaults.get(name)?.[type] !== undefined;
}

/** A property of something that zfs lists, as `-p` prints it; undefined where it has none of that name. */
export function findProperty(pools: Pools, listed: Listed, name: string): Valued | undefined {
  const fixed = findFixed(pools, listed, name);
  if (fixed !== undefined) return { value: fixed, source: '-' };
  if (readOnlyNames.has(name) || name.startsWith(writtenSince) || listed.kind === 'bookmark') {
    return undefined;
  }
  if (listed.kind !== 'snapshot') return findSettable(pools, listed.dataset, name);
  return listed.snapshot.properties.get(name) ?? findInherited(pools, listed.dataset, name);
}

/** Of a dataset's own properties, its snapshots inherit those of people. */
function findInherited(pools: Pools, dataset: Dataset, name: string): Valued | undefined {
  if (!name.includes(':')) return undefined;
  const { value, source } = findSettable(pools, dataset, name) ?? {};
  if (value === undefined || source === undefined) return undefined;
  return { value, source: source.startsWith('inherited') ? source : `inherited from ${dataset.name}` };
}

function findSettable(pools: Pools, dataset: Dataset, name: string): Valued | undefined {
  const known = defaults.get(name);
  if (known !== undefined && known[dataset.type] === undefined) return undefined;
  const own = dataset.properties.get(name);
  if (own !== undefined) return own;
  if (known?.inherits !== false) {
    for (const above of ancestorsOf(dataset.name).toReversed()) {
      const inherited = pools.datasets.get(above)?.properties.get(name);
      if (inherited === undefined) continue;
      const rest =
        name === 'mountpoint' && inherited.value.startsWith('/') ? dataset.name.slice(above.length) : '';
      return { value: inherited.value + rest, source: `inherited from ${above}` };
    }
  }
  // Since OpenZFS 2.2, what isn't set is compressed.
  const isOff = name === 'compression' && pools.version === '2.1';
  const fallback = isOff ? 'off' : known?.[dataset.type];
  if (fallback === undefined) return undefined;
  return { value: name === 'mountpoint' ? `/${dataset.name}` : fallback, source: 'default' };
}

function findFixed(pools: Pools, listed: Listed, name: string): string | undefined {
  const { dataset } = listed;
  const { blockBytes } = pools;
  const point =
    listed.kind === 'snapshot' ? listed.snapshot : listed.kind === 'bookmark' ? listed.bookmark : dataset;
  const isDataset = point instanceof Dataset;
  if (name.startsWith(writtenSince)) return countWrittenSince(pools, point, name.slice(writtenSince.length));
  switch (name) {
    case 'name':
      return listed.name;
    case 'type':
      return listed.kind;
    case 'guid':
      return String(point.guid);
    case 'createtxg':
      return String(point.createtxg);
    case 'creation':
      return String(point.createdAtSeconds);
    case 'origin':
      return isDataset ? dataset.origin?.fullName : undefined;
    case 'written':
      return listed.kind === 'bookmark' ? undefined : String(countWritten(listed, blockBytes));
    case 'used':
    case 'referenced':
      return point instanceof Dataset || point instanceof Snapshot
        ? String(point.content.size * blockBytes + emptyDatasetBytes)
        : undefined;
    case 'available': {
      const quota = Number(dataset.properties.get('quota')?.value ?? 0);
      const used = dataset.content.size * blockBytes + emptyDatasetBytes;
      return isDataset ? String(quota === 0 ? unlimitedBytes : Math.max(0, quota - used)) : undefined;
    }
    case 'encryption':
      return listed.kind === 'bookmark' ? undefined : (dataset.encryption ?? 'off');
    case 'keystatus':
      return dataset.encryption === undefined ? undefined : dataset.isKeyLoaded ? 'available' : 'unavailable';
    case 'encryptionroot':
      return isDataset ? dataset.encryptionRoot?.name : undefined;
    case 'ivsetguid':
      return point instanceof Dataset ? undefined : point.ivSet?.toString();
    case 'redact_snaps':
      return listed.kind === 'bookmark' ? listed.bookmark.redactSnaps?.join(',') : undefined;
    case 'receive_resume_token':
      return isDataset ? tokenOf(dataset) : undefined;
    case 'prevsnap':
      return isDataset ? dataset.tip?.fullName : undefined;
    case 'userrefs':
      return listed.kind === 'snapshot' ? String(listed.snapshot.holds.size) : undefined;
    case 'inconsistent':
      return isDataset ? (dataset.isInconsistent ? '1' : '0') : undefined;
    case 'mounted':
      return dataset.type === 'filesystem' && isDataset ? (dataset.isMounted ? 'yes' : 'no') : undefined;
    default:
      return undefined;
  }
}

/** What was written since an earlier snapshot, of the same dataset or by its full name; undefined where it isn't one. */
function countWrittenSince(
  pools: Pools,
  point: Dataset | Snapshot | Bookmark,
  since: string,
): string | undefined {
  if (!(point instanceof Dataset || point instanceof Snapshot)) return undefined;
  const own = point instanceof Dataset ? point.name : point.dataset.name;
  const snapshot = pools.findSnapshot(since.includes('@') ? since : `${own}@${since}`);
  const tip = point instanceof Dataset ? point.tip : point;
  if (snapshot === undefined || tip === undefined || point === snapshot) return undefined;
  if (tip !== snapshot && !isEarlier(snapshot, tip)) return undefined;
  if (point instanceof Dataset) return String(countChanges(point, snapshot, pools.blockBytes));
  return String(diffContents(snapshot.content, point.content).length * pools.blockBytes);
}

/** The resume token of a dataset that has a partial receive which can be gone on with. */
export function tokenOf({ partial }: Dataset): string | undefined {
  if (partial?.isResumable !== true) return undefined;
  const { toName, toGuid, fromGuid, flags } = partial.header;
  return encodeToken({ toName, toGuid, fromGuid, flags, position: partial.position, bytes: partial.bytes });
}

/** How much room there is where no quota says otherwise. */
const unlimitedBytes = 2 ** 36;

/** What is written when the log of a dataset is reset. */
const logHeadBytes = 1024;

/** How many bytes were written between what a dataset or snapshot has and what the snapshot before it has. */
function countWritten(listed: Exclude<Listed, { kind: 'bookmark' }>, blockBytes: number): number {
  const { dataset } = listed;
  if (listed.kind === 'snapshot') {
    const index = dataset.snapshots.indexOf(listed.snapshot);
    const before = dataset.snapshots[index - 1] ?? dataset.origin;
    return diffContents(before?.content ?? emptyContent, listed.snapshot.content).length * blockBytes;
  }
  const { tip } = dataset;
  if (dataset.isInconsistent) return emptyDatasetBytes + (dataset.partial?.content.size ?? 0) * blockBytes;
  if (tip === undefined) return emptyDatasetBytes + dataset.content.size * blockBytes;
  return countChanges(dataset, tip, blockBytes);
}

function countChanges(dataset: Dataset, base: Snapshot, blockBytes: number): number {
  const logBytes = dataset.logResetTxg > base.createtxg ? logHeadBytes : 0;
  return logBytes + diffContents(base.content, dataset.content).length * blockBytes;
}

import { poolOf } from '../../src/zfs/names.js';
import { noteProperty } from '../../src/zfs/snapshot.js';
import type { Content } from './content.js';
import type { Machine } from './machine.js';
import { parseRole, roleProperty } from '../../src/zfs/role.js';
import { tokenOf } from './properties.js';

/** A snapshot as it was at a moment. */
export interface SnapshotState {
  readonly name: string;
  readonly guid: bigint;
  readonly createtxg: number;
  readonly content: Content;
  readonly isEncrypted: boolean;
  readonly holds: readonly string[];
  /** Its own. */
  readonly note: string | undefined;
}

/** A dataset as it was at a moment. */
export interface DatasetState {
  readonly name: string;
  readonly guid: bigint;
  readonly type: string;
  readonly encryption: string | undefined;
  readonly content: Content;
  /** The snapshot that it was cloned from, by its GUID. */
  readonly origin: bigint | undefined;
  readonly snapshots: readonly SnapshotState[];
  /** By name, with the GUIDs of what they were made of. */
  readonly bookmarks: ReadonlyMap<string, bigint>;
  /** When what was bookmarked was made, by its GUID. */
  readonly bookmarkTxgs: ReadonlyMap<bigint, number>;
  readonly properties: string;
  /** What has been received of a snapshot there; undefined for nothing. */
  readonly partial: PartialState | undefined;
  readonly isInconsistent: boolean;
  /** Whether its role says that it was moved aside. */
  readonly isAside: boolean;
  /** The GUIDs of what it follows, by its role. */
  readonly followed: readonly bigint[];
}

/** How far a receive is that was interrupted, or is under way. */
export interface PartialState {
  /** What is received, by its full name on its sender. */
  readonly of: string;
  readonly position: number;
  readonly token: string;
  readonly isUnderWay: boolean;
}

/** What a host has at a moment: its datasets by their GUIDs. */
export type HostState = ReadonlyMap<bigint, DatasetState>;

/** Keeps what a host has now. */
export function captureState({ pools }: Machine): HostState {
  const datasets = [...pools.datasets.values()].map((dataset): [bigint, DatasetState] => {
    const { name, guid, type, encryption, content, origin, snapshots, bookmarks, partial } = dataset;
    const role = parseRole(dataset.properties.get(roleProperty)?.value ?? '', guid);
    return [
      guid,
      {
        ...{ name, guid, type, encryption, content, isInconsistent: dataset.isInconsistent },
        origin: origin?.guid,
        isAside: role?.kind === 'aside',
        followed: role?.kind === 'copy' ? role.sources.map((source) => source.guid) : [],
        snapshots: snapshots.map((snapshot) => ({
          ...{ name: snapshot.name, guid: snapshot.guid, createtxg: snapshot.createtxg },
          isEncrypted: encryption !== undefined,
          ...{ content: snapshot.content, holds: [...snapshot.holds.keys()].sort() },
          note: snapshot.properties.get(noteProperty)?.value,
        })),
        bookmarks: new Map(bookmarks.map((bookmark) => [bookmark.name, bookmark.guid])),
        bookmarkTxgs: new Map(bookmarks.map((bookmark) => [bookmark.guid, bookmark.createtxg])),
        // What zfs-vm writes down for itself, and may find missing at any time.
        properties: [...dataset.properties]
          .filter(([name]) => name !== roleProperty)
          .map(([property, { value, source }]) => `${property}=${value} ${source}`)
          .sort()
          .join(', '),
        partial: partial && {
          of: partial.header.toName,
          position: partial.position,
          token: tokenOf(dataset) ?? '',
          isUnderWay: dataset.isReceiving,
        },
      },
    ];
  });
  return new Map(datasets);
}

/** What a host has in other pools than these. */
export function withoutPools(state: HostState, pools: ReadonlySet<string>): HostState {
  return new Map([...state].filter(([, { name }]) => !pools.has(poolOf(name))));
}

/** All snapshots of a host, with the names of their datasets. */
export function* snapshotsIn(
  state: HostState,
): Generator<{ readonly dataset: DatasetState; readonly snapshot: SnapshotState }> {
  for (const dataset of state.values()) for (const snapshot of dataset.snapshots) yield { dataset, snapshot };
}

/**
 * A host's state as text: equal texts mean that nothing has changed.
 * @param withRoles whether it has the roles of datasets, too, which are written down whenever they are found
 */
export function describeHost(state: HostState, { withRoles = false } = {}): string {
  const lines = [...state.values()].map(({ name, type, encryption, origin, properties, ...dataset }) => {
    const partial = dataset.partial && `${dataset.partial.of} at ${dataset.partial.position}`;
    const points = [
      ...dataset.snapshots.map(
        ({ name: snapshot, guid, holds, note = '-' }) =>
          `@${snapshot}=${guid} ${note}${holds.map((tag) => ` !${tag}`).join('')}`,
      ),
      ...[...dataset.bookmarks].map(([bookmark, guid]) => `#${bookmark}=${guid}`),
    ];
    const role = dataset.isAside ? 'aside' : dataset.followed.map((guid) => `copy-of=${guid}`).join(' ');
    const facts = [
      `guid=${dataset.guid}`,
      ...(role === '' || !withRoles ? [] : [role]),
      type,
      encryption ?? '-',
      origin ?? '-',
      partial ?? '-',
      describeContent(dataset.content),
      properties,
    ];
    return `${name}: ${facts.join(' ')}${points.map((point) => `\n  ${point}`).join('')}`;
  });
  return lines.sort().join('\n');
}

/** A number that stands for a content. */
function describeContent(content: Content): string {
  let sum = 0;
  for (const [block, value] of content) sum = (sum + (block + 1) * (value % 1_000_003)) % 2 ** 40;
  return `${content.size}/${sum}`;
}

import { snapshotsIn, type DatasetState, type HostState, type SnapshotState } from './capture.js';
import { isSameContent } from './content.js';
import { findConflicts } from './judge.js';
import type { Wanted } from './random-command.js';
import type { RunResult } from './sim-world.js';
import { expectThat } from './violation.js';

/**
 * Expects that of everything that was wanted, the receiver has what it can have.
 * @param sender what it has, of which everything was there when the run began
 * @throws Violation
 */
export function judgeDelivery(
  wanted: Wanted,
  sender: HostState,
  before: HostState,
  after: HostState,
  result: RunResult,
): void {
  const had = new Set([...snapshotsIn(before)].map(({ snapshot }) => snapshot.guid));
  const copies = [...snapshotsIn(after)].filter(({ dataset }) => !dataset.isAside);
  const has = new Map(copies.map(({ snapshot }) => [snapshot.guid, snapshot]));
  // What a copy of an image on the sender has, the image may be what it was passed by for.
  const passed = new Set(
    [...snapshotsIn(sender)].flatMap(({ dataset, snapshot }) =>
      isPassedBy(snapshot, dataset, had) ? [snapshot.guid] : [],
    ),
  );
  const told = findToldPassed(result);
  const conflicts = findConflicts(result);
  let isLacking = false;
  for (const dataset of sender.values()) {
    if (conflicts.has(dataset.name) || dataset.isAside) continue;
    const versions = dataset.snapshots.filter((snapshot) => isWanted(snapshot, dataset.name, wanted));
    const required = new Set(
      wanted.latest
        ? findHighest(versions.filter((version) => isOfLastStreamline(version, versions)))
        : [
            ...findHighest(versions),
            ...versions.filter((version) => !passed.has(version.guid) && !told(version)),
          ],
    );
    for (const version of versions) {
      const copy = has.get(version.guid);
      isLacking ||= copy === undefined && !wanted.latest;
      expectThat(
        copy !== undefined || !required.has(version),
        `the run says that all is well (${result.status}), and b has no ${dataset.name}@${version.name}`,
      );
      expectThat(
        copy === undefined || isSameContent(copy.content, version.content),
        `${dataset.name}@${version.name} has another content on b`,
      );
    }
  }
  expectThat(
    !isLacking || !/is up to date/.test(result.stdout),
    'it says that b is up to date, and b lacks versions',
  );
}

/** Tells which versions a run says that it has passed by itself; it names five of them at most. */
function findToldPassed({ stdout }: RunResult): (version: SnapshotState) => boolean {
  const lists = [
    ...stdout.matchAll(/older versions? \(([^)]*)\) (?:is|are) not on .* and can no longer be/g),
  ];
  const names = new Set(lists.flatMap(([, names = '']) => names.split(', ')));
  return ({ name }) => names.has(name.replace(/^zfs-vm:/, '')) || names.has('...');
}

/** Of each streamline, the highest version; of what are no versions, none. */
function findHighest(versions: readonly SnapshotState[]): SnapshotState[] {
  const highest = new Map<string, SnapshotState>();
  for (const version of versions) {
    const known = highest.get(streamlineOf(version));
    if (known === undefined || numberOf(version) > numberOf(known)) {
      highest.set(streamlineOf(version), version);
    }
  }
  highest.delete('');
  return [...highest.values()];
}

function isOfLastStreamline(version: SnapshotState, versions: readonly SnapshotState[]): boolean {
  const last = versions.at(-1);
  return last !== undefined && streamlineOf(version) === streamlineOf(last);
}

function numberOf({ name }: SnapshotState): number {
  return Number(name.slice(name.lastIndexOf(':') + 1));
}

/** Whether the receiver had something newer of the same dataset: ZFS can't insert what is older. */
function isPassedBy(version: SnapshotState, dataset: DatasetState, had: ReadonlySet<bigint>): boolean {
  const points = [
    ...dataset.snapshots.map(({ guid, createtxg }) => [guid, createtxg] as const),
    ...dataset.bookmarkTxgs,
  ];
  return points.some(([guid, createtxg]) => createtxg > version.createtxg && had.has(guid));
}

function isWanted({ name }: SnapshotState, _dataset: string, { patterns, allSnapshots }: Wanted): boolean {
  const [, streamline, version] = /^zfs-vm:(.+):([0-9]+)$/.exec(name) ?? [];
  if (streamline === undefined) return allSnapshots;
  return (
    patterns.length === 0 ||
    patterns.some(
      (pattern) =>
        pattern.streamline === streamline && (pattern.upTo === undefined || Number(version) <= pattern.upTo),
    )
  );
}

function streamlineOf({ name }: SnapshotState): string {
  return /^zfs-vm:(.+):[^:]+$/.exec(name)?.[1] ?? '';
}

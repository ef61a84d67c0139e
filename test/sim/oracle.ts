import assert from 'node:assert/strict';
import { isSameContent } from './content.js';
import type { Snapshot } from './dataset.js';
import type { Machine } from './machine.js';

/** All snapshots of a host by GUID. */
export function snapshotsByGuid({ pools }: Machine): Map<bigint, Snapshot> {
  const all = [...pools.datasets.values()].flatMap(({ snapshots }) => snapshots);
  return new Map(all.map((snapshot) => [snapshot.guid, snapshot]));
}

/** Expects that a host has every version of another one, each with the very content. */
export function assertHasVersionsOf(receiver: Machine, sender: Machine): void {
  const theirs = snapshotsByGuid(receiver);
  for (const [guid, snapshot] of snapshotsByGuid(sender)) {
    if (!snapshot.name.startsWith('zfs-vm:')) continue;
    const copy = theirs.get(guid);
    assert.ok(copy, `${snapshot.fullName} is missing`);
    assert.ok(isSameContent(copy.content, snapshot.content), `${copy.fullName} has another content`);
  }
}

/** What a host has, as text: equal texts mean that nothing has changed. */
export function describeState({ pools }: Machine): string {
  const lines = [...pools.datasets.values()].map(
    ({ name, origin, snapshots, bookmarks, partial, changedTxg }) =>
      [
        ...[name, origin?.fullName ?? '-', String(changedTxg), String(partial?.position ?? '-')],
        ...snapshots.map(
          (each) => `@${each.name}=${each.guid}${[...each.holds.keys()].map((tag) => `!${tag}`).join('')}`,
        ),
        ...bookmarks.map((each) => `#${each.name}=${each.guid}`),
      ].join(' '),
  );
  return lines.sort().join('\n');
}

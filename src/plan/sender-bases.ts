import type { Dataset, Datasets } from '../streamline/dataset.js';
import { addNeed, type KnownHost } from './receiver-needs.js';
import { isSameMachine } from './same-machine.js';

/**
 * Finds what of a host has to stay so that its senders can go on there though it has what they haven't: of each dataset with something
 * newer, the newest snapshot that a sender has too, or has a bookmark of. The ways out of such a conflict lead through it, a
 * rollback and a clone of it, and no bookmark can take its place.
 * @returns the senders, by the GUIDs of the snapshots
 */
export function findSenderBases(
  datasets: Datasets,
  senders: readonly KnownHost[],
): ReadonlyMap<bigint, readonly string[]> {
  const bases = new Map<bigint, string[]>();
  for (const sender of senders) {
    const theirs = new Set<bigint>();
    for (const { snapshots, bookmarks } of sender.datasets.values()) {
      for (const { guid } of [...snapshots, ...bookmarks]) theirs.add(guid);
    }
    for (const { snapshots } of datasets.values()) {
      const common = snapshots.findLast(({ guid }) => theirs.has(guid));
      if (common === undefined || common === snapshots.at(-1)) continue;
      addNeed(bases, common.guid, sender.name);
    }
  }
  return bases;
}

/**
 * Finds the datasets of a host that are none of its senders' copies: their roles say that they follow something, too, that no sender has or had, or they are a sender's own.
 * A sender whose zfs tells no GUIDs could be any.
 * @returns their names; none where there are no senders
 */
export function findForeignCopies(datasets: Datasets, senders: readonly KnownHost[]): ReadonlySet<string> {
  const known = senders.flatMap((sender) => [...sender.datasets.values()].map(({ guid }) => guid));
  const guids = new Set(known.filter((guid) => guid !== undefined));
  if (guids.size === 0) return new Set();
  // Where a sender is this very machine, under another name, its own datasets are no copies.
  const isSenders = senders.some((sender) => isSameMachine(sender.datasets, datasets));
  const isForeign = ({ role }: Dataset): boolean =>
    isSenders ||
    role?.sources.some(({ guid, poolGuid }) => !guids.has(guid) && !guids.has(poolGuid)) === true;
  return new Set([...datasets.values()].filter(isForeign).map(({ name }) => name));
}

import { fullNameOf, type Dataset, type Datasets } from '../streamline/dataset.js';
import { datasetOf } from '../streamline/lineage.js';
import type { PointProperties } from '../zfs/point-properties.js';
import { follows } from '../zfs/role.js';
import { findTheirs } from './key-fit.js';
import type { Chain, Plan } from './plan.js';

/** What a plan rests on that the lists of datasets and snapshots don't tell. In most plans there is nothing. */
export interface Doubts {
  /** Snapshots on both sides that are one by GUID, by their full names: whether their blocks are encrypted alike, too. */
  readonly encryptedAlike: readonly { readonly ours: string; readonly theirs: string }[];
  /** Bookmarks of the sender that others stand beside for the same snapshot: which of them are for redacted streams only. */
  readonly twinBookmarks: readonly string[];
  /** Encryption roots of the sender whose snapshots weren't listed: whether the receiver has one of them. */
  readonly unlistedRoots: readonly string[];
}

/** Whether nothing is to be asked. */
export function isEmpty({ encryptedAlike, twinBookmarks, unlistedRoots }: Doubts): boolean {
  return [encryptedAlike, twinBookmarks, unlistedRoots].every(({ length }) => length === 0);
}

/** Finds what is still to be asked about a plan. */
export function findDoubts(
  plan: Plan,
  { sender, receiver }: { readonly sender: Datasets; readonly receiver: Datasets },
): Doubts {
  const encryptedAlike = new Map<string, string>();
  const ask = (copy: Dataset | undefined, from: Parameters<typeof findTheirs>[1]): void => {
    const theirs = copy && findTheirs(copy, from);
    if (theirs !== undefined) encryptedAlike.set(fullNameOf(theirs), fullNameOf(from));
  };
  const twinBookmarks = new Set<string>();
  for (const chain of plan.chains) {
    const [first] = chain.steps;
    if (!('from' in first)) continue;
    if (chain.raw) {
      const copy = findBaseHolder(chain, receiver);
      const source = sender.get(first.from.dataset);
      // What was written down on a copy is true of what this program has brought, which is raw.
      if (source === undefined || !follows(copy?.role, source)) ask(copy, first.from);
    }
    if (first.from.kind !== 'bookmark') continue;
    const alike = (sender.get(first.from.dataset)?.bookmarks ?? []).filter(
      ({ guid }) => guid === first.from.guid,
    );
    if (alike.length > 1) for (const bookmark of alike) twinBookmarks.add(fullNameOf(bookmark));
  }
  const unlistedRoots = new Set<string>();
  for (const { reason } of plan.conflicts) {
    if (reason.kind !== 'encryption-root-changed') continue;
    ask(receiver.get(reason.destination), reason.common);
    if (sender.get(reason.expected)?.snapshots.length === 0) unlistedRoots.add(reason.expected);
  }
  return {
    encryptedAlike: [...encryptedAlike].map(([theirs, ours]) => ({ ours, theirs })),
    twinBookmarks: [...twinBookmarks],
    unlistedRoots: [...unlistedRoots],
  };
}

/** The receiver's dataset that a chain begins from. */
function findBaseHolder({ destination, steps: [first] }: Chain, receiver: Datasets): Dataset | undefined {
  return receiver.get(first.kind === 'clone' ? datasetOf(first.origin) : destination);
}

/** The receiver's snapshots whose blocks aren't encrypted as the sender's are. Where a host can't tell, zfs will. */
export function findReencrypted(
  { encryptedAlike }: Pick<Doubts, 'encryptedAlike'>,
  sender: PointProperties,
  receiver: PointProperties,
): Set<string> {
  const differing = encryptedAlike.filter(({ ours, theirs }) => {
    const [mine, its] = [sender.get(ours)?.get('ivsetguid'), receiver.get(theirs)?.get('ivsetguid')];
    return isNumber(mine) && isNumber(its) && mine !== its;
  });
  return new Set(differing.map(({ theirs }) => theirs));
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]{1,20}$/.test(text);
}

/** The same datasets without the bookmarks that are for redacted streams, where another one of the same snapshot stays. */
export function withoutRedactedTwins(
  datasets: Datasets,
  { twinBookmarks }: Pick<Doubts, 'twinBookmarks'>,
  properties: PointProperties,
): Datasets {
  const isRedacted = (name: string): boolean =>
    !['-', undefined].includes(properties.get(name)?.get('redact_snaps'));
  const redacted = new Set(twinBookmarks.filter(isRedacted));
  if (redacted.size === 0) return datasets;
  const changed = new Map(datasets);
  for (const dataset of datasets.values()) {
    const plain = dataset.bookmarks.filter((bookmark) => !redacted.has(fullNameOf(bookmark)));
    if (plain.length === dataset.bookmarks.length) continue;
    const isPlain = new Set(plain.map(({ guid }) => guid));
    const bookmarks = dataset.bookmarks.filter(
      (bookmark) => plain.includes(bookmark) || !isPlain.has(bookmark.guid),
    );
    changed.set(dataset.name, { ...dataset, bookmarks });
  }
  return changed;
}

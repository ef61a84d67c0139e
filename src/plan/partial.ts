import type { Dataset, Datasets, PartialReceive, Snapshot } from '../streamline/dataset.js';
import { datasetOf, walkHistory } from '../streamline/lineage.js';
import { findTagIn } from '../streamline/tag.js';
import { ancestorsOf, isWithin } from '../zfs/names.js';
import type { ResumeTokenContent } from '../zfs/resume-token.js';
import type { ConflictReason } from './conflict.js';
import type { Preparation } from './preparation.js';
import type { Source } from './sources.js';

/**
 * How to make room where a receive of ours was interrupted: of a version of the same streamline, going by the name of what was
 * sent. Undefined for anything else, which somebody may still want to go on with.
 */
export function planAbortOfOurs({ partial }: Dataset, { versions }: Source): Preparation | undefined {
  if (partial === undefined) return undefined;
  const toName = partial.content?.toName ?? '';
  const streamline = findTagIn(toName)?.streamline;
  const isOurs = streamline !== undefined && versions.some(({ tag }) => tag?.streamline === streamline);
  return isOurs ? { kind: 'abort', of: toName, token: partial.token } : undefined;
}

/**
 * How to make room where a receive was interrupted that nobody can go on with: of a snapshot of this very dataset of the sender, going by the
 * dataset's name in what was sent and by where it began, and the snapshot is gone there. So `--all-snapshots` leaves it, where the names
 * of snapshots tell nothing. Of a whole dataset, another host may have begun it that has a dataset of that name: there it had no chance
 * any more, as two can't have one place.
 * @param bases what it may have begun from: GUIDs of points that the dataset and the receiver have in common; undefined for a whole dataset
 */
export function planAbortOfGone(
  { partial }: Dataset,
  { dataset }: Source,
  bases: readonly (bigint | undefined)[],
): Preparation | undefined {
  const content = partial?.content;
  if (partial === undefined || content === undefined || !bases.includes(content.fromGuid)) return undefined;
  const isOfDataset = content.toName.startsWith(`${dataset.name}@`);
  const isThere = dataset.snapshots.some(({ guid }) => guid === content.toGuid);
  if (!isOfDataset || isThere) return undefined;
  return { kind: 'abort', of: content.toName, token: partial.token };
}

/**
 * How to make room at the place of a new dataset where a receive of ours was interrupted that can't be gone on with.
 * @param base where the dataset begins: the point that it becomes a clone of; undefined when it goes whole
 * @param allSnapshots whether snapshots go whatever their names are
 */
export function planAbortOfLeftover(
  existing: Dataset,
  source: Source,
  { base, allSnapshots }: { readonly base: bigint | undefined; readonly allSnapshots: boolean },
): Preparation | undefined {
  return (
    planAbortOfOurs(existing, source) ??
    (allSnapshots ? planAbortOfGone(existing, source, [undefined, base]) : undefined)
  );
}

/** A stream that would be sent. */
export interface WantedStream {
  /** The sender's dataset. */
  readonly dataset: Dataset;
  /** The GUID of what it begins at; undefined for the whole content. */
  readonly from: bigint | undefined;
  readonly to: Snapshot;
}

/**
 * Whether what was interrupted is the very stream that would be sent, and the sender can go on with it. What is encrypted travels raw:
 * where somebody began it without, going on would leave a copy in plain text.
 */
export function isBegun(
  { content }: PartialReceive,
  { dataset, from, to }: WantedStream,
  sender: Datasets,
): boolean {
  if (content?.toGuid !== to.guid || content.fromGuid !== from) return false;
  return (content.isRaw || !dataset.encrypted) && canGoOn(content, sender);
}

/**
 * Whether `zfs send -t` finds what it needs on the sender. It knows nothing of the dataset that a plan sends: it takes the snapshot from
 * the dataset that the token names, or else from any in the nearest of the datasets above that one. There, the base has to be in its
 * history. So a stream that was begun from one of two datasets with the same snapshots can't be gone on with by the other alone.
 */
function canGoOn({ toName, toGuid, fromGuid }: ResumeTokenContent, sender: Datasets): boolean {
  const found = findSent(datasetOf(toName), toGuid, sender);
  if (fromGuid === undefined) return found.length > 0;
  // Of several, zfs takes any.
  return found.length > 0 && found.every((dataset) => hasBase(dataset, toGuid, fromGuid, sender));
}

/** The datasets of which `zfs send -t` takes one (`guid_to_name` in `libzfs_sendrecv.c`; seen on 2.3.2). */
function findSent(name: string, guid: bigint, sender: Datasets): Dataset[] {
  for (const scope of [name, ...ancestorsOf(name).toReversed()]) {
    const found = [...sender.values()].filter(
      (dataset) => isWithin(dataset.name, scope) && dataset.snapshots.some((each) => each.guid === guid),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** Whether a snapshot can be sent as an increment since another, or since a bookmark. */
function hasBase(dataset: Dataset, to: bigint, from: bigint, sender: Datasets): boolean {
  let isOlder = false;
  for (const point of walkHistory(sender, dataset)) {
    if (isOlder && point.guid === from) return true;
    if (point.kind === 'snapshot' && point.guid === to) isOlder = true;
  }
  return false;
}

/** An interrupted receive as a conflict. */
export function toPartialConflict({ name, partial }: Dataset): ConflictReason {
  return { kind: 'partial-receive', destination: name, of: partial?.content?.toName };
}

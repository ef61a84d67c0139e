import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { findVersions } from '../streamline/lineage.js';
import { isChosenTag } from '../streamline/selection.js';
import { findTagIn, type Tag } from '../streamline/tag.js';
import { compareVersions } from '../streamline/version.js';
import { findAsides, hideAsides } from './aside.js';
import { findPassed } from './passed.js';
import type { Conflict } from './conflict.js';
import type { Chain, Plan } from './plan.js';
import type { Choice } from './choice.js';
import { findSources } from './sources.js';
import { groupByStream, type PlannedStream, type StreamSteps } from './stream.js';

/**
 * How far a receiver is with a streamline.
 * - `up-to-date`: it has every version
 * - `newest-only`: it has the newest version, and lacks older ones that can't be sent any more
 * - `behind`: a push would send something
 * - `ahead`: a push would send nothing, and it has a newer version
 * - `passed-by`: it has gone past the newest version of a dataset without it, and will never get it
 * - `conflict`: a push could not send everything without losing something
 */
export type StreamlineState = 'up-to-date' | 'newest-only' | 'behind' | 'ahead' | 'passed-by' | 'conflict';

/** How a receiver stands to the sender in one streamline; what a push to it would say. */
export interface StreamlineStatus {
  readonly streamline: string;
  readonly state: StreamlineState;
  readonly newestHere: TaggedSnapshot;
  /** The newest version that the receiver has; undefined when it has none. */
  readonly newestThere: TaggedSnapshot | undefined;
  /** How many versions a push would send, or a conflict keeps back. */
  readonly versionsBehind: number;
  /** The streams that a push would send, each with versions of this streamline only. */
  readonly streams: readonly PlannedStream[];
  /** How many older versions it lacks that can't be sent any more. */
  readonly versionsPassed: number;
  /** Those that concern it. */
  readonly conflicts: readonly Conflict[];
  /** Interrupted receives of its versions on the receiver. */
  readonly partials: readonly PartialVersion[];
  /** Copies that are in step, and were written to since: the next version will be a conflict. Full names of what they end with. */
  readonly changed: readonly string[];
}

/** A version that has arrived in part. */
export interface PartialVersion {
  readonly dataset: string;
  readonly tag: Tag;
  /** Whether a push would go on with it. */
  readonly isResumed: boolean;
}

/** Both sides, and which versions are compared. */
export interface ComparedSides {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  readonly choice: Choice;
}

/**
 * Compares a receiver with the sender, streamline by streamline, by the names of these. Only the sender's streamlines count, and nothing
 * that was set aside.
 * @param plan what `planTransfer` gives for both
 */
export function compareStreamlines(
  { sender, receiver: all, choice }: ComparedSides,
  { chains, conflicts, upToDate }: Plan,
): StreamlineStatus[] {
  const receiver = hideAsides(all);
  const theirs = findNewestVersions(receiver, choice);
  const streams = chains.flatMap((chain) => splitChain(chain));
  const missing = [
    ...streams.flatMap(({ steps }) => steps.map(({ to }) => to)).filter(isTagged),
    ...findKeptBack(
      { sender, receiver, choice },
      conflicts.filter(({ reason }) => reason.kind !== 'passed-by'),
    ),
  ];
  const { versions: passed } = findPassed(
    { sender, receiver, choice, knowsReceiver: true },
    { chains, conflicts, upToDate },
  );
  const passedBy = groupBy(passed.flatMap(({ versions }) => versions).filter(isTagged), ({ tag }) => [
    tag.streamline,
  ]);
  const missingBy = groupBy(missing, ({ tag }) => [tag.streamline]);
  const streamsBy = groupBy(streams, ({ steps: [{ to }] }) =>
    to.tag === undefined ? [] : [to.tag.streamline],
  );
  const conflictsBy = groupBy(conflicts, ({ streamlines }) => streamlines);
  const partialsBy = groupBy(findPartialVersions(receiver, chains), ({ tag }) => [tag.streamline]);
  const changedBy = groupBy(findChanged(receiver, upToDate), ({ streamline }) => [streamline]);
  return Array.from(findNewestVersions(sender, choice), ([streamline, newestHere]) => {
    const newestThere = theirs.get(streamline);
    const concerning = conflictsBy.get(streamline) ?? [];
    const versionsBehind = countVersions(missingBy.get(streamline));
    const versionsPassed = countVersions(passedBy.get(streamline));
    const row = { streamline, newestHere, newestThere, versionsBehind, versionsPassed };
    return {
      ...row,
      state: chooseState(concerning, row),
      streams: streamsBy.get(streamline) ?? [],
      conflicts: concerning,
      partials: partialsBy.get(streamline) ?? [],
      changed: (changedBy.get(streamline) ?? []).map(({ tip }) => tip),
    };
  });
}

/** Items by the streamlines that they concern: a host may have thousands of these. */
function groupBy<Item>(
  items: readonly Item[],
  streamlinesOf: (item: Item) => readonly string[],
): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    for (const streamline of new Set(streamlinesOf(item))) {
      const group = groups.get(streamline);
      if (group === undefined) groups.set(streamline, [item]);
      else group.push(item);
    }
  }
  return groups;
}

/** The datasets of a receiver that were copies of what is chosen, and were set aside. */
export function findSetAside({ sender, receiver, choice }: ComparedSides): string[] {
  const asides = findAsides(receiver);
  if (asides.size === 0) return [];
  const sources = new Set(findSources(sender, choice).map(({ dataset }) => dataset.guid));
  return [...asides].filter((name) =>
    receiver.get(name)?.role?.sources.some(({ guid }) => sources.has(guid)),
  );
}

/** The newest of the chosen versions of each streamline on a host, by the names of these, in their order. Nothing that was set aside. */
export function findNewestVersions(
  datasets: Datasets,
  choice: Pick<Choice, 'patterns'>,
): ReadonlyMap<string, TaggedSnapshot> {
  const newest = new Map<string, TaggedSnapshot>();
  for (const version of findVersions(hideAsides(datasets))) {
    const { streamline } = version.tag;
    const known = newest.get(streamline);
    const isNewer = known === undefined || compareVersions(version.tag.version, known.tag.version) > 0;
    if (isNewer && isChosenTag(choice.patterns ?? [], version.tag)) newest.set(streamline, version);
  }
  return new Map([...newest].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The members of a tree are one version. */
function countVersions(versions: readonly TaggedSnapshot[] = []): number {
  return new Set(versions.map(({ tag }) => tag.version.text)).size;
}

function chooseState(
  conflicts: readonly Conflict[],
  {
    versionsBehind,
    versionsPassed,
    newestHere,
    newestThere,
  }: Pick<StreamlineStatus, 'versionsBehind' | 'versionsPassed' | 'newestHere' | 'newestThere'>,
): StreamlineState {
  if (conflicts.some(({ reason }) => reason.kind !== 'passed-by')) return 'conflict';
  if (versionsBehind > 0) return 'behind';
  if (conflicts.length > 0) return 'passed-by';
  const isAhead =
    newestThere !== undefined && compareVersions(newestThere.tag.version, newestHere.tag.version) > 0;
  if (isAhead) return 'ahead';
  return versionsPassed > 0 ? 'newest-only' : 'up-to-date';
}

/** A stream may bring versions of several streamlines: it is one for each then. */
function splitChain(chain: Chain): PlannedStream[] {
  return groupByStream(chain).flatMap((group) => {
    const parts: [StreamSteps[0], ...StreamSteps[0][]][] = [];
    for (const step of group) {
      const part = parts.at(-1);
      const isSame = part?.[0].to.tag?.streamline === step.to.tag?.streamline;
      if (part !== undefined && isSame) part.push(step);
      else parts.push([step]);
    }
    return parts.map((steps) => ({ chain, steps }));
  });
}

/** What conflicts keep from the receiver: of their datasets, what comes after the newest version that it has. */
function findKeptBack(
  { sender, receiver, choice }: ComparedSides,
  conflicts: readonly Conflict[],
): TaggedSnapshot[] {
  if (conflicts.length === 0) return [];
  const names = new Set(conflicts.map(({ source }) => source));
  const copies = new GuidIndex(receiver);
  return findSources(sender, choice)
    .filter(({ dataset }) => names.has(dataset.name))
    .flatMap(({ versions }) => versions.slice(versions.findLastIndex(({ guid }) => copies.has(guid)) + 1))
    .filter(isTagged);
}

/** The copies that are in step, and were written to after their newest snapshot, by the streamline of that. */
function findChanged(
  receiver: Datasets,
  upToDate: Plan['upToDate'],
): { readonly streamline: string; readonly tip: string }[] {
  return upToDate.flatMap(({ destination, newest, receiverOnly }) => {
    const { writtenBytes = 0, snapshots = [] } = receiver.get(destination) ?? {};
    const last = snapshots.at(-1);
    if (writtenBytes === 0 || last === undefined || receiverOnly.length > 0 || !isTagged(newest)) return [];
    return [{ streamline: newest.tag.streamline, tip: fullNameOf(last) }];
  });
}

function findPartialVersions(receiver: Datasets, chains: readonly Chain[]): PartialVersion[] {
  const resumed = new Set(
    chains.filter(({ steps }) => steps[0].kind === 'resume').map(({ destination }) => destination),
  );
  return [...receiver.values()].flatMap(({ name, partial }) => {
    const tag = findTagIn(partial?.content?.toName ?? '');
    return tag === undefined ? [] : [{ dataset: name, tag, isResumed: resumed.has(name) }];
  });
}

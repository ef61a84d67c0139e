import { fullNameOf, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findVersions, groupByStreamline } from '../streamline/lineage.js';
import { isChosenTag, type VersionPattern } from '../streamline/selection.js';
import { joinTrees, partsOf, type Tree } from '../streamline/tree.js';
import { findAsides, hideAsides } from './aside.js';
import { groupByDataset, type Destruction } from './destruction.js';
import { Protections, type ProtectionReason } from './protection.js';
import { findReceiverNeeds, type KnownHost, type ReceiverNeeds } from './receiver-needs.js';
import {
  findKeepingRules,
  hasRules,
  type DatedVersion,
  type Retention,
  type RetentionRule,
} from './retention.js';
import { findForeignCopies, findSenderBases } from './sender-bases.js';

/** What may be pruned, and what is known. */
export interface PruneRequest {
  /** Of the host that is pruned, with the ages of its snapshots. */
  readonly datasets: Datasets;
  /** Only versions that fit one of them may go; any when there is none. */
  readonly patterns: readonly VersionPattern[];
  /** The rules for a streamline; one without any is left alone. */
  readonly retentionOf: (streamline: string) => Retention | undefined;
  readonly nowSeconds: number;
  /** The snapshots that are held, by full name. */
  readonly held: ReadonlySet<string>;
  /** Hosts whose last common versions have to stay, if only as bookmarks. */
  readonly receivers: readonly KnownHost[];
  /** Hosts that send to the one that is pruned, and must be able to go on there. */
  readonly senders: readonly KnownHost[];
  /** Snapshots of which no bookmark could be made, by full name. */
  readonly withoutBookmark?: ReadonlySet<string>;
}

/** Why a version stays. */
export type KeepReason =
  | { readonly kind: 'rule'; readonly rule: RetentionRule }
  /** It isn't one of those that were chosen. */
  | { readonly kind: 'not-chosen' }
  | ProtectionReason
  /** Receivers have a part of it. */
  | { readonly kind: 'partial-elsewhere'; readonly snapshot: string; readonly receivers: readonly string[] }
  /** It is the last common one with receivers, and no bookmark can take its place. */
  | { readonly kind: 'last-common'; readonly snapshot: string; readonly receivers: readonly string[] }
  /** It is the last common one with senders, which haven't what its dataset has after it. */
  | { readonly kind: 'sender-common'; readonly snapshot: string; readonly senders: readonly string[] }
  /** Its dataset is the copy of something that none of the senders has. */
  | { readonly kind: 'copy-of-another'; readonly snapshot: string }
  /** Its dataset was set aside: only a person destroys that. */
  | { readonly kind: 'set-aside'; readonly snapshot: string };

/** What becomes of a version: of one dataset, or of a tree, which goes or stays as a whole. */
export interface Fate {
  readonly tree: Tree;
  /** When it was made; of a tree, its upper part. */
  readonly createdAtSeconds: number;
  /** Why it stays; empty when it goes. */
  readonly reasons: readonly KeepReason[];
}

/** A streamline that is pruned, oldest version first. */
export interface PrunedStreamline {
  readonly name: string;
  readonly fates: readonly Fate[];
}

/** A bookmark that takes the place of a snapshot before it goes. */
export interface NeededBookmark {
  readonly snapshot: TaggedSnapshot;
  /** Whose increments begin from it. */
  readonly receivers: readonly string[];
}

/** What would be destroyed, what stays, and why. Pure data. */
export interface PrunePlan {
  readonly streamlines: readonly PrunedStreamline[];
  readonly bookmarks: readonly NeededBookmark[];
  readonly destructions: readonly Destruction[];
}

/**
 * Plans which versions of a host go: those that no rule keeps, and nothing protects. A version that the receivers' increments begin
 * from goes if its bookmark is there, or can be made first. What was set aside stays, and no rule counts it.
 */
export function planPrune(request: PruneRequest): PrunePlan {
  const { retentionOf } = request;
  const datasets = hideAsides(request.datasets);
  const asides = findAsides(datasets);
  const needs = findReceiverNeeds(datasets, request.receivers);
  const senderBases = findSenderBases(datasets, request.senders);
  const foreign = findForeignCopies(datasets, request.senders);
  const protections = new Protections(datasets, request);
  const streamlines: PrunedStreamline[] = [];
  for (const [name, all] of groupByStreamline(findVersions(request.datasets))) {
    const retention = retentionOf(name);
    if (retention === undefined || !hasRules(retention)) continue;
    const versions = all.filter(({ dataset }) => !asides.has(dataset));
    const rulesOf = findRulesByName(versions, retention, request.nowSeconds);
    const fates = joinTrees(all, asides).map((tree): Fate => {
      const createdAtSeconds = tree.root.createdAtSeconds ?? 0;
      if (asides.has(tree.root.dataset)) {
        return { tree, createdAtSeconds, reasons: [{ kind: 'set-aside', snapshot: fullNameOf(tree.root) }] };
      }
      const rules = rulesOf.get(tree.root.name) ?? [];
      const reasons = [
        ...rules.map((rule) => ({ kind: 'rule', rule }) as const),
        ...(isChosen(tree, request) ? [] : [{ kind: 'not-chosen' } as const]),
        ...protections.find(partsOf(tree)),
        ...partsOf(tree).flatMap((part) => findNeeds(part, needs, request)),
        ...partsOf(tree).flatMap((part) => findSenderNeeds(part, senderBases)),
        ...partsOf(tree)
          .filter((part) => foreign.has(part.dataset))
          .map((part) => ({ kind: 'copy-of-another', snapshot: fullNameOf(part) }) as const),
      ];
      return { tree, createdAtSeconds, reasons };
    });
    streamlines.push({ name, fates });
  }
  const going: TaggedSnapshot[] = [];
  for (const { fates } of streamlines) {
    for (const { tree, reasons } of fates) {
      if (reasons.length === 0) for (const part of partsOf(tree)) going.push(part);
    }
  }
  return {
    streamlines: streamlines.filter(({ fates }) => fates.some(({ tree }) => isChosen(tree, request))),
    bookmarks: findMissingBookmarks(going, needs, datasets),
    destructions: groupByDataset(going),
  };
}

/** The rules that keep each version, by the snapshots' name: copies of a version, and the parts of a tree, count once. */
function findRulesByName(
  versions: readonly TaggedSnapshot[],
  retention: Retention,
  nowSeconds: number,
): Map<string, RetentionRule[]> {
  const byName = new Map<string, DatedVersion>();
  for (const version of versions) {
    const createdAtSeconds = Math.max(
      version.createdAtSeconds ?? 0,
      byName.get(version.name)?.createdAtSeconds ?? 0,
    );
    byName.set(version.name, { tag: version.tag, createdAtSeconds });
  }
  const rules = findKeepingRules([...byName.values()], retention, nowSeconds);
  return new Map([...byName.keys()].map((name, index) => [name, rules[index] ?? []]));
}

function isChosen({ root }: Tree, { patterns }: PruneRequest): boolean {
  return isChosenTag(patterns, root.tag);
}

/** What receivers need of a snapshot that no bookmark can give them. */
function findNeeds(
  version: TaggedSnapshot,
  { bases, partials }: ReceiverNeeds,
  { datasets, withoutBookmark }: PruneRequest,
): KeepReason[] {
  const partial = partials.get(version.guid);
  const lastCommon = bases.get(version.guid);
  // Of nearly all.
  if (partial === undefined && lastCommon === undefined) return [];
  const snapshot = fullNameOf(version);
  const bookmarks = datasets.get(version.dataset)?.bookmarks ?? [];
  const isTaken = bookmarks.some(({ name, guid }) => name === version.name && guid !== version.guid);
  const isReplaceable =
    bookmarks.some(({ guid }) => guid === version.guid) ||
    (!isTaken && withoutBookmark?.has(snapshot) !== true);
  const base = isReplaceable ? undefined : lastCommon;
  return [
    ...(partial === undefined ? [] : [{ kind: 'partial-elsewhere', snapshot, receivers: partial } as const]),
    ...(base === undefined ? [] : [{ kind: 'last-common', snapshot, receivers: base } as const]),
  ];
}

/** The senders that could not go on without a snapshot. */
function findSenderNeeds(part: TaggedSnapshot, bases: ReadonlyMap<bigint, readonly string[]>): KeepReason[] {
  const senders = bases.get(part.guid);
  return senders === undefined ? [] : [{ kind: 'sender-common', snapshot: fullNameOf(part), senders }];
}

/** The bookmarks that have to be made before these snapshots go. */
function findMissingBookmarks(
  going: readonly TaggedSnapshot[],
  { bases }: ReceiverNeeds,
  datasets: Datasets,
): NeededBookmark[] {
  return going.flatMap((snapshot) => {
    const receivers = bases.get(snapshot.guid);
    if (receivers === undefined) return [];
    const { bookmarks = [] } = datasets.get(snapshot.dataset) ?? {};
    const isThere = bookmarks.some(({ guid }) => guid === snapshot.guid);
    return isThere ? [] : [{ snapshot, receivers }];
  });
}

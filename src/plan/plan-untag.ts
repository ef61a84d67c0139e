import {
  fullNameOf,
  isTagged,
  type Datasets,
  type Snapshot,
  type TaggedSnapshot,
} from '../streamline/dataset.js';
import { partsOf, type Tree } from '../streamline/tree.js';
import { groupByDataset, type Destruction } from './destruction.js';
import { Protections, type ProtectionReason } from './protection.js';

/** Why a version isn't untagged. */
export type UntagObstacle =
  | Extract<ProtectionReason, { kind: 'clones' | 'held' | 'partial-receive' }>
  /** It is the newest of its dataset, and was sent, to another host or within this one: the next version would get its name, and be another one there. */
  | { readonly kind: 'newest-sent'; readonly snapshot: string }
  /** A copy contains what was written after it. */
  | { readonly kind: 'copy-written'; readonly snapshot: string }
  /** A copy would have no snapshot left that it could go back to. */
  | { readonly kind: 'last-snapshot'; readonly snapshot: string };

/** A copy that goes back to the snapshot before, when its newest one is destroyed: else it would be taken for one that was written to. */
export interface CopyRollback {
  readonly dataset: string;
  /** The full name of the snapshot that is the newest one then. */
  readonly to: string;
}

/** What untagging versions destroys on a host, or why it can't be. */
export interface UntagPlan {
  readonly destructions: readonly Destruction[];
  /** By the datasets. */
  readonly rollbacks: ReadonlyMap<string, CopyRollback>;
  readonly obstacles: readonly UntagObstacle[];
}

/** What is untagged, and what is known. */
export interface UntagRequest {
  /** The versions, at each place that has them. */
  readonly trees: readonly Tree[];
  /** The snapshots that are held, by full name. */
  readonly held: ReadonlySet<string>;
  /** Whether it goes on the hosts that it was sent to, too. */
  readonly isUntaggedElsewhere: boolean;
}

/**
 * Plans what untagging versions destroys on a host. What has clones, is held, or is needed by an interrupted receive stays; so does the newest
 * version of a dataset that was sent, of which a push leaves a bookmark. From any other one, increments go on from its bookmark.
 */
export function planUntag(datasets: Datasets, { trees, held, isUntaggedElsewhere }: UntagRequest): UntagPlan {
  const rollbacks = new Map<string, CopyRollback>();
  const copyObstacles: UntagObstacle[] = [];
  const untagged = new Set<Snapshot>(trees.flatMap(partsOf));
  for (const name of new Set([...untagged].map(({ dataset }) => dataset))) {
    const dataset = datasets.get(name);
    const newest = dataset?.snapshots.at(-1);
    if (dataset === undefined || newest === undefined || !untagged.has(newest)) continue;
    // What nobody has marked as a copy may be the original: its content is somebody's.
    if (dataset.role?.kind !== 'copy') continue;
    const left = dataset.snapshots.findLast((snapshot) => !untagged.has(snapshot));
    const snapshot = fullNameOf(newest);
    if (dataset.writtenBytes > 0) copyObstacles.push({ kind: 'copy-written', snapshot });
    else if (left === undefined) copyObstacles.push({ kind: 'last-snapshot', snapshot });
    else rollbacks.set(name, { dataset: name, to: fullNameOf(left) });
  }
  const protections = new Protections(datasets, { held });
  const obstacles = trees.flatMap((tree) =>
    protections.find(partsOf(tree)).flatMap((reason): UntagObstacle[] => {
      switch (reason.kind) {
        case 'clones':
        case 'held':
        case 'partial-receive':
          return [reason];
        case 'newest-of-dataset':
          return isUntaggedElsewhere || !wasSent(datasets, tree, reason.snapshot)
            ? []
            : [{ kind: 'newest-sent', snapshot: reason.snapshot }];
        case 'newest-of-streamline':
          return [];
      }
    }),
  );
  return {
    ...{ destructions: groupByDataset(trees.flatMap(partsOf)), rollbacks },
    obstacles: [...obstacles, ...copyObstacles],
  };
}

/** Whether a snapshot has a bookmark, as a push leaves one of the last version that both sides have. */
function wasSent(datasets: Datasets, tree: Tree, snapshot: string): boolean {
  const part = partsOf(tree).find((each) => fullNameOf(each) === snapshot);
  const bookmarks = part === undefined ? [] : (datasets.get(part.dataset)?.bookmarks ?? []);
  return bookmarks.some(({ guid }) => guid === part?.guid);
}

/** The versions of a host that are one of these snapshots, wherever they are and however they are called. */
export function findByGuid(datasets: Datasets, guids: ReadonlySet<bigint>): TaggedSnapshot[] {
  return [...datasets.values()].flatMap(({ snapshots }) =>
    snapshots.filter(isTagged).filter(({ guid }) => guids.has(guid)),
  );
}

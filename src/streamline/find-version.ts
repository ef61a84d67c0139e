import { countEdits } from '../base/similar.js';
import type { Datasets, TaggedSnapshot } from './dataset.js';
import { findNewest, findVersions } from './lineage.js';
import { joinTrees, type Tree } from './tree.js';
import { compareVersions, type Version } from './version.js';

/** What a person calls a version: `debian-7:12`, or `debian-7` for its newest one. */
export interface VersionName {
  readonly streamline: string;
  readonly version: Version | undefined;
}

/** Where a version is on a host, or what else there is. */
export type FoundVersion =
  /** Each place that has it, the most original one first: a host may have copies. */
  | { readonly kind: 'found'; readonly trees: readonly [Tree, ...Tree[]] }
  /** The streamlines that there are, those with similar names first. */
  | { readonly kind: 'unknown-streamline'; readonly known: readonly string[] }
  /** With the versions around it, in order. */
  | { readonly kind: 'unknown-version'; readonly nearest: readonly Version[] };

/** Finds a version on a host by its name. */
export function findVersion(datasets: Datasets, { streamline, version }: VersionName): FoundVersion {
  const all = [...findVersions(datasets, streamline)];
  const newest = findNewest(all);
  if (newest === undefined) {
    const known = new Set([...findVersions(datasets)].map(({ tag }) => tag.streamline));
    return { kind: 'unknown-streamline', known: orderBySimilarity(streamline, [...known]) };
  }
  const wanted = version ?? newest.tag.version;
  const counts = new Map<string, number>();
  for (const { dataset } of all) counts.set(dataset, (counts.get(dataset) ?? 0) + 1);
  const byOriginality = (a: Tree, b: Tree): number =>
    b.members.length - a.members.length ||
    (counts.get(b.root.dataset) ?? 0) - (counts.get(a.root.dataset) ?? 0) ||
    a.root.createtxg - b.root.createtxg ||
    (a.root.dataset < b.root.dataset ? -1 : 1);
  const [first, ...others] = joinTrees(
    all
      .filter(({ tag }) => tag.version.text === wanted.text)
      .sort((a, b) => (a.dataset < b.dataset ? -1 : 1)),
  )
    .map(leaveOutCopies)
    .sort(byOriginality);
  if (first !== undefined) return { kind: 'found', trees: [first, ...others] };
  return { kind: 'unknown-version', nearest: findNeighbours(wanted, all) };
}

/** A copy that was put below its original is no member of it. */
function leaveOutCopies({ root, members }: Tree): Tree {
  const seen = new Set([root.guid]);
  return {
    root,
    members: members.filter(({ guid }) => {
      const isNew = !seen.has(guid);
      seen.add(guid);
      return isNew;
    }),
  };
}

function orderBySimilarity(wanted: string, names: readonly string[]): string[] {
  const distances = new Map(names.map((name) => [name, countEdits(wanted, name)]));
  return names.toSorted((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0) || (a < b ? -1 : 1));
}

/** The few versions before and after one that isn't there, in order. */
function findNeighbours(wanted: Version, all: readonly TaggedSnapshot[]): Version[] {
  const known = new Map(all.map(({ tag }) => [tag.version.text, tag.version]));
  const inOrder = [...known.values()].sort(compareVersions);
  const after = inOrder.findIndex((version) => compareVersions(version, wanted) > 0);
  const place = after < 0 ? inOrder.length : after;
  return inOrder.slice(Math.max(0, place - neighbours), place + neighbours);
}

/** How many on each side. */
const neighbours = 3;

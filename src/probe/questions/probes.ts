import { findLikelyPlaces, placeNew } from '../../plan/placement.js';
import { findHighest, type Source } from '../../plan/sources.js';
import { isTagged, type Dataset, type Snapshot, type TaggedSnapshot } from '../../streamline/dataset.js';
import { formatTag } from '../../streamline/tag.js';
import { nextVersion } from '../../streamline/version.js';

/*
 * Listing the snapshots of a receiver is the dearest thing there is: its datasets are unmounted, and ZFS opens one for each
 * snapshot. Asking for the newest versions by name tells as much of a receiver that is up to date; of one that lags, what its
 * datasets end with does, and the names of the versions that it lacks.
 */

/** Of how many namesakes it is worth asking each. */
const mostPlaces = 8;

/** What to ask a receiver about one dataset of the sender, to learn how far it is. */
export interface Probe {
  readonly source: Source;
  /** Where the copy belongs, as far as that can be told before anything is known of the receiver's snapshots. */
  readonly place: string | undefined;
  /** The receiver's datasets that may be the copy: the one where it belongs, and those whose roles say so; or else its namesakes. */
  readonly places: readonly string[];
  /** Whether the first of the places is the copy if it has anything of the source; of namesakes, any may have all. */
  readonly isExpected: boolean;
  /** The newest version of each streamline, in time and by its number: a copy that has them all gets no other. */
  readonly newest: readonly Snapshot[];
  /** What the versions after those would be called: a copy that has one is ahead. */
  readonly following: readonly string[];
}

/**
 * What to ask a receiver of which only the datasets are known. Undefined when one of the sender's datasets has no place, no dataset with
 * its role, and no namesake there: only all of the receiver's snapshots can tell whether it is there under another name.
 * @param sources what is above a dataset before it, as `findSources` gives them
 * @param destination the receiver's dataset that they would go under; undefined when they keep their names
 */
export function findProbes(
  sources: readonly Source[],
  receiver: ReceiverNames,
  destination: string | undefined,
): Probe[] | undefined {
  const bySuffix = indexBySuffix(receiver.names);
  const probes: Probe[] = [];
  // Members of a tree are looked for below what they are members of, wherever that was moved.
  const positions = new Map<string, string>();
  for (const source of sources) {
    const { name, guid } = source.dataset;
    const place = placeNew(source, destination, positions);
    const marked = guid === undefined ? [] : (receiver.marked.get(guid) ?? []);
    const isThere = place !== undefined && receiver.names.has(place);
    const expected = [...new Set([...(isThere ? [place] : []), ...marked])];
    const isExpected = expected.length > 0;
    const places = isExpected ? expected : findNearestNamesakes(name, bySuffix);
    if (places.length === 0) return undefined;
    const position = expected[0] ?? place;
    if (position !== undefined) positions.set(name, position);
    const newest = findNewestOfEach(source);
    probes.push({ source, place, places, isExpected, newest, following: nameFollowing(newest, source) });
  }
  return probes;
}

/** What is known of a receiver's datasets without their snapshots. */
export interface ReceiverNames {
  readonly names: ReadonlySet<string>;
  /** Those whose role says that they are copies, by the GUID of the sender's dataset. */
  readonly marked: ReadonlyMap<bigint, readonly string[]>;
}

/** The names of a receiver's datasets, with whose copies they are by their roles. */
export function nameReceiver(datasets: Iterable<Pick<Dataset, 'name' | 'role'>>): ReceiverNames {
  const names = new Set<string>();
  const marked = new Map<bigint, string[]>();
  for (const { name, role } of datasets) {
    names.add(name);
    if (role?.kind !== 'copy') continue;
    for (const { guid } of role.sources) {
      const copies = marked.get(guid);
      if (copies === undefined) marked.set(guid, [name]);
      else copies.push(name);
    }
  }
  return { names, marked };
}

/** What to ask a receiver first, of which nothing is known: about copies where they belong. */
export function findLikelyProbes(sources: readonly Source[], destination: string | undefined): Probe[] {
  const names = new Set(findLikelyPlaces(sources, destination).values());
  return findProbes(sources, { names, marked: new Map() }, destination) ?? [];
}

/** The receiver's datasets by every number of last parts of their names: `vm/7` and `7` for `tank/vm/7`, too. */
function indexBySuffix(names: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const name of names) {
    for (const suffix of suffixesOf(name)) {
      const namesakes = index.get(suffix);
      if (namesakes === undefined) index.set(suffix, [name]);
      else namesakes.push(name);
    }
  }
  return index;
}

/** The datasets that have the most of the last parts of their names in common with this one. */
function findNearestNamesakes(
  name: string,
  bySuffix: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const longest = suffixesOf(name).find((suffix) => bySuffix.has(suffix));
  const namesakes = longest === undefined ? [] : (bySuffix.get(longest) ?? []);
  return namesakes.length > mostPlaces ? [] : namesakes;
}

/** `tank/vm/7`, `vm/7`, `7` for `tank/vm/7`. */
function suffixesOf(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, index) => parts.slice(index).join('/'));
}

function findNewestOfEach(source: Source): Snapshot[] {
  const byStreamline = new Map<string | undefined, Snapshot>();
  for (const version of source.versions) byStreamline.set(version.tag?.streamline, version);
  return [...new Set([...byStreamline.values(), ...findHighest(source)])];
}

/** Names that the sender has itself are no sign: they were not chosen, and the receiver may well have them. */
function nameFollowing(newest: readonly Snapshot[], { dataset }: Source): string[] {
  const toNext = ({ tag: { streamline, version } }: TaggedSnapshot): string[] => {
    const next = nextVersion(version);
    return next === undefined ? [] : [formatTag({ streamline, version: next })];
  };
  return newest
    .filter((snapshot) => isTagged(snapshot))
    .flatMap(toNext)
    .filter((name) => !dataset.snapshots.some((snapshot) => snapshot.name === name));
}

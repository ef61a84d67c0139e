import { datasetOf } from '../streamline/lineage.js';
import { isTagged, type Dataset, type Snapshot, type TaggedSnapshot } from '../streamline/dataset.js';
import { formatTag } from '../streamline/tag.js';
import { nextVersion } from '../streamline/version.js';
import type { Chain, Plan, UpToDate } from './plan.js';
import { findLikelyPlaces, placeNew } from './placement.js';
import { findHighest, type Source } from './sources.js';

/*
 * Listing the snapshots of a receiver is the dearest thing there is: its datasets are unmounted, and ZFS opens one for each
 * snapshot. Asking for the newest versions by name tells as much of a receiver that is up to date; of one that lags, what its
 * datasets end with does, and the names of the versions that it lacks.
 */

/** How many names are put into a question that may not need them. */
const mostEarlier = 500;

/** Up to how many names of earlier versions are asked for in any case: only then is it known whether a copy has them. */
const fewEarlier = 100;

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

/** The full names of all the snapshots on the receiver that tell how far it is, and where they are few, which versions it has. */
export function namesToAskFor(probes: readonly Probe[]): string[] {
  return [
    ...namesOfNewest(probes).keys(),
    ...namesOfFollowing(probes),
    ...(listEarlier(probes, fewEarlier) ?? []),
  ];
}

/** Whether `namesToAskFor` has the names of all versions. */
export function asksForAll(probes: readonly Probe[]): boolean {
  return listEarlier(probes, fewEarlier) !== undefined;
}

/** The full names of the newest versions, with their GUIDs. */
export function namesOfNewest(probes: readonly Probe[]): Map<string, bigint> {
  return new Map(
    probes.flatMap(({ places, newest }) =>
      places.flatMap((place) => newest.map(({ name, guid }) => [`${place}@${name}`, guid] as const)),
    ),
  );
}

/** The full names that only snapshots of copies have which are ahead. */
export function namesOfFollowing(probes: readonly Probe[]): string[] {
  return probes.flatMap(({ places, following }) =>
    places.flatMap((place) => following.map((name) => `${place}@${name}`)),
  );
}

/**
 * The full names of the versions before the newest, to be asked for at once where one of those is missing. They are many on a host with a
 * long history, and only wanted of the few copies that lag: then they are left for a second question.
 */
export function namesOfEarlier(probes: readonly Probe[]): string[] {
  return listEarlier(probes, mostEarlier) ?? [];
}

/** The full names of the versions before the newest; undefined when there are more than so many. */
function listEarlier(probes: readonly Probe[], most: number): string[] | undefined {
  const names: string[] = [];
  for (const { source, places, newest } of probes) {
    for (const version of source.versions) {
      if (newest.includes(version)) continue;
      for (const place of places) names.push(`${place}@${version.name}`);
      if (names.length > most) return undefined;
    }
  }
  return names;
}

/** The receiver's datasets that lack one of the newest versions. @param found as for `findDiffering` */
export function findLagging(
  newest: ReadonlyMap<string, bigint>,
  found: ReadonlyMap<string, bigint>,
): string[] {
  return [...newest].flatMap(([name, guid]) => (found.get(name) === guid ? [] : [datasetOf(name)]));
}

/**
 * The receiver's datasets about which more has to be known: the one that is expected to be the copy hasn't exactly the newest versions.
 * @param found the GUIDs of the receiver's snapshots that were asked for, by full name
 */
export function findDiffering(probes: readonly Probe[], found: ReadonlyMap<string, bigint>): string[] {
  const differing = new Set<string>();
  for (const { places, isExpected, newest, following } of probes) {
    const isInStep = (place: string): boolean =>
      newest.every(({ name, guid }) => found.get(`${place}@${name}`) === guid) &&
      !following.some((name) => found.has(`${place}@${name}`));
    const [first = ''] = places;
    // Of namesakes that lag, whatever is known of them tells nothing: all has to be read.
    if (isExpected && !isInStep(first)) for (const place of places) differing.add(place);
  }
  return [...differing];
}

/** What has to be known of a receiver, besides what its datasets end with, to plan what continues them. */
export interface OpenQuestions {
  /** Full names of snapshots: versions that a dataset lacks, unless it has others under their names. */
  readonly names: readonly string[];
  /** Datasets that end with something which the sender's dataset doesn't have: only all of their snapshots can tell. */
  readonly datasets: readonly string[];
}

/**
 * What is still to be asked about the places of these probes.
 * @param newest the newest snapshots of the receiver's datasets, by dataset; of those that aren't in it, nothing is asked
 * @param asked the full names that were asked for already
 */
export function findOpenQuestions(
  probes: readonly Probe[],
  newest: ReadonlyMap<string, Pick<Snapshot, 'guid'>>,
  asked: ReadonlySet<string>,
): OpenQuestions {
  const names = new Set<string>();
  const foreign = new Set<string>();
  const known = new Set<string>();
  for (const { source, places, newest: versions } of probes) {
    const { snapshots, bookmarks } = source.dataset;
    for (const place of places) {
      const guid = newest.get(place)?.guid;
      if (guid === undefined) continue;
      const base = [...snapshots, ...bookmarks].find((point) => point.guid === guid);
      if (base === undefined) {
        foreign.add(place);
        continue;
      }
      known.add(place);
      const lacking = source.versions.filter(({ createtxg }) => createtxg > base.createtxg);
      for (const { name } of [...versions, ...lacking]) names.add(`${place}@${name}`);
    }
  }
  return {
    names: [...names].filter((name) => !asked.has(name)),
    datasets: [...foreign].filter((place) => !known.has(place)),
  };
}

/** How a receiver was looked at. */
export interface QuickLook {
  /** What was asked. */
  readonly probes: readonly Probe[];
  /** Whether all datasets were listed, with their roles. */
  readonly knowsAllDatasets: boolean;
}

/**
 * Whether a plan that was made without knowing all of the receiver's snapshots is the one that knowing them would have given: all
 * copies are where they were looked for, by a rule that nothing else can overrule; and nothing is in conflict.
 */
export function isConclusive(
  { chains, upToDate, conflicts }: Plan,
  { probes, knowsAllDatasets }: QuickLook,
): boolean {
  const bySource = new Map(probes.map((probe) => [probe.source.dataset.name, probe]));
  const isSure = ({
    source,
    place,
    by,
  }: Pick<UpToDate, 'source' | 'place'> & Pick<Chain | UpToDate, 'by'>): boolean => {
    const probe = bySource.get(source);
    if (probe === undefined || probe.place !== place) return false;
    if (by === 'role') return knowsAllDatasets && probe.isExpected;
    // All namesakes were asked, and none that is as near has the version.
    if (by === 'elsewhere') return knowsAllDatasets && !probe.isExpected;
    return by === 'place';
  };
  return conflicts.length === 0 && chains.every(isSure) && upToDate.every(isSure);
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

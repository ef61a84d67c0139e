import type { Probe } from './probes.js';

/** How many names are put into a question that may not need them. */
const mostEarlier = 500;

/** Up to how many names of earlier versions are asked for in any case: only then is it known whether a copy has them. */
const fewEarlier = 100;

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

import type { Snapshot } from '../../streamline/dataset.js';
import type { Probe } from './probes.js';

/** What has to be known of a receiver, besides what its datasets end with, to plan what continues them. */
export interface OpenQuestions {
  /** Full names of snapshots: versions that a dataset lacks, unless it has others under their names. */
  readonly names: readonly string[];
  /**
   * Datasets that end with something which the sender's dataset doesn't have, or has under another name: only all of their snapshots can
   * tell what else they have.
   */
  readonly datasets: readonly string[];
}

/**
 * What is still to be asked about the places of these probes.
 * @param newest the newest snapshots of the receiver's datasets, by dataset; of those that aren't in it, nothing is asked
 * @param asked the full names that were asked for already
 */
export function findOpenQuestions(
  probes: readonly Probe[],
  newest: ReadonlyMap<string, Pick<Snapshot, 'guid' | 'name'>>,
  asked: ReadonlySet<string>,
): OpenQuestions {
  const names = new Set<string>();
  const foreign = new Set<string>();
  const renamed = new Set<string>();
  const known = new Set<string>();
  for (const { source, places, newest: versions } of probes) {
    const { snapshots, bookmarks } = source.dataset;
    for (const place of places) {
      const tip = newest.get(place);
      if (tip === undefined) continue;
      const own = snapshots.find(({ guid }) => guid === tip.guid);
      const base = own ?? bookmarks.find(({ guid }) => guid === tip.guid);
      if (base === undefined) {
        foreign.add(place);
        continue;
      }
      known.add(place);
      // Where one side has renamed a streamline, no older version is found by its name. A bookmark keeps the name that was.
      if (own !== undefined && own.name !== tip.name) renamed.add(place);
      const lacking = source.versions.filter(({ createtxg }) => createtxg > base.createtxg);
      for (const { name } of [...versions, ...lacking]) names.add(`${place}@${name}`);
    }
  }
  return {
    names: [...names].filter((name) => !asked.has(name)),
    datasets: [...[...foreign].filter((place) => !known.has(place)), ...renamed],
  };
}

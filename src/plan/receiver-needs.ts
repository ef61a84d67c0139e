import type { Dataset, Datasets } from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import { walkHistory } from '../streamline/lineage.js';

/** What another host has than the one that is looked at. */
export interface KnownHost {
  readonly name: string;
  readonly datasets: Datasets;
}

/** What receivers need of a host, by the GUIDs of its snapshots. */
export interface ReceiverNeeds {
  /** The receivers that a snapshot is the last common one with: their next increments begin from it, or from its bookmark. */
  readonly bases: ReadonlyMap<bigint, readonly string[]>;
  /** The receivers that have a part of a snapshot, and need all of it to go on. */
  readonly partials: ReadonlyMap<bigint, readonly string[]>;
}

/**
 * Finds what receivers need: of each dataset, the newest snapshot that one of their datasets has too, and what they were receiving
 * when it was interrupted.
 */
export function findReceiverNeeds(datasets: Datasets, receivers: readonly KnownHost[]): ReceiverNeeds {
  const bases = new Map<bigint, string[]>();
  const partials = new Map<bigint, string[]>();
  for (const receiver of receivers) {
    const theirs = new GuidIndex(receiver.datasets);
    for (const dataset of datasets.values()) {
      for (const guid of findLastCommon(datasets, dataset, theirs)) addNeed(bases, guid, receiver.name);
    }
    for (const { partial } of receiver.datasets.values()) {
      if (partial?.content !== undefined) addNeed(partials, partial.content.toGuid, receiver.name);
    }
  }
  return { bases, partials };
}

/** The newest point of a dataset that each copy of it has. */
function* findLastCommon(datasets: Datasets, dataset: Dataset, theirs: GuidIndex): Generator<bigint> {
  const seen = new Set<string>();
  for (const point of walkHistory(datasets, dataset)) {
    if (point.dataset !== dataset.name) continue;
    const copies = theirs.find(point.guid).filter((copy) => !seen.has(copy.dataset));
    for (const copy of copies) seen.add(copy.dataset);
    if (copies.length > 0) yield point.guid;
  }
}

/** Adds that a host needs the snapshots with a GUID. */
export function addNeed(needs: Map<bigint, string[]>, guid: bigint, name: string): void {
  const names = needs.get(guid);
  if (names === undefined) needs.set(guid, [name]);
  else if (!names.includes(name)) names.push(name);
}

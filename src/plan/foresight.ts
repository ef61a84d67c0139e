import { fullNameOf, type Dataset, type Datasets, type Snapshot } from '../streamline/dataset.js';
import { readTag } from '../streamline/tag.js';
import type { Plan } from './plan.js';

/** What hosts will have once the earlier parts of a task are done: what only shows what a task would do plans its later parts with that. */
export class Foresight {
  /** By the host, then by the dataset. */
  readonly #coming = new Map<string, Map<string, Coming>>();
  readonly #nowSeconds: number;
  /** When the sender's snapshots were made, by their GUIDs. */
  readonly #dates = new Map<bigint, number | undefined>();
  /** No host gives a GUID below 0. */
  #nextGuid = -1n;

  constructor(nowSeconds: number) {
    this.#nowSeconds = nowSeconds;
  }

  /** Notes when snapshots were made. @param datasets read with details */
  noteDates(datasets: Datasets): void {
    for (const { snapshots } of datasets.values()) {
      for (const { guid, createdAtSeconds } of snapshots) this.#dates.set(guid, createdAtSeconds);
    }
  }

  /** Notes that a host will have new snapshots, by their full names. */
  addMade(host: string, fullNames: readonly string[]): void {
    for (const fullName of fullNames) {
      const [dataset = '', name = ''] = fullName.split('@');
      const guid = this.#nextGuid--;
      this.#dates.set(guid, this.#nowSeconds);
      this.#add(host, dataset, undefined, [makeSnapshot({ dataset, name, guid })]);
    }
  }

  /** Notes that a host will have what a plan brings. @param sender the datasets that it is brought from, as `apply` gives them */
  addPlan(host: string, { chains }: Pick<Plan, 'chains'>, sender: Datasets): void {
    for (const { source, destination, steps } of chains) {
      const [first] = steps;
      const origin = first.kind === 'clone' ? first.origin : undefined;
      const original = sender.get(source);
      const model = original && { ...original, name: destination, origin, bookmarks: [] };
      this.#add(
        host,
        destination,
        model,
        steps.map(({ to }) => makeSnapshot({ ...to, dataset: destination })),
      );
    }
  }

  /** What a host has, and will have. */
  apply(host: string, datasets: Datasets): Datasets {
    const coming = this.#coming.get(host);
    if (coming === undefined) return datasets;
    const newest = findNewestTxg(datasets);
    const result = new Map(datasets);
    for (const [name, { model, snapshots }] of coming) {
      const dataset = datasets.get(name) ?? (model && { ...model, snapshots: [] });
      if (dataset === undefined) continue;
      const added = snapshots.map((snapshot, index) => ({
        ...snapshot,
        createtxg: newest + 1 + index,
        createdAtSeconds: this.#dates.get(snapshot.guid) ?? this.#nowSeconds,
      }));
      const all = [...dataset.snapshots, ...added];
      result.set(name, { ...dataset, writtenBytes: 0, partial: undefined, snapshots: all });
    }
    return result;
  }

  /** Whether a snapshot is one that a host will only have. */
  isComing(host: string, snapshot: Snapshot): boolean {
    const coming = this.#coming.get(host)?.get(snapshot.dataset)?.snapshots ?? [];
    return coming.some((each) => fullNameOf(each) === fullNameOf(snapshot));
  }

  #add(host: string, dataset: string, model: Dataset | undefined, snapshots: readonly Snapshot[]): void {
    const ofHost = this.#coming.get(host) ?? new Map<string, Coming>();
    const known = ofHost.get(dataset);
    ofHost.set(dataset, {
      model: known?.model ?? model,
      snapshots: [...(known?.snapshots ?? []), ...snapshots],
    });
    this.#coming.set(host, ofHost);
  }
}

/** What a dataset will get. */
interface Coming {
  /** What the dataset will be where it isn't there yet. */
  readonly model: Dataset | undefined;
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
}

function makeSnapshot({ dataset, name, guid }: Pick<Snapshot, 'dataset' | 'name' | 'guid'>): Snapshot {
  const reading = readTag(name);
  const tag = reading.kind === 'tag' ? reading.tag : undefined;
  return { kind: 'snapshot', dataset, name, guid, createtxg: 0, tag, referencedBytes: 0 };
}

function findNewestTxg(datasets: Datasets): number {
  let newest = 0;
  for (const { snapshots } of datasets.values()) newest = Math.max(newest, snapshots.at(-1)?.createtxg ?? 0);
  return newest;
}

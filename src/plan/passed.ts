import { fullNameOf, type Dataset, type Datasets, type Snapshot } from '../streamline/dataset.js';
import { GuidIndex } from '../streamline/guid-index.js';
import type { Plan } from './plan.js';
import { isChosen, type Choice } from './choice.js';
import { findSources } from './sources.js';

/**
 * Versions of one of the sender's datasets that its copy lacks, and can't get any more: it has, or gets, something newer, and ZFS inserts
 * nothing before that. So it is after `--latest`, and where the receiver has destroyed versions itself.
 */
export interface Passed {
  readonly source: string;
  readonly destination: string;
  /** Oldest first. */
  readonly versions: readonly [Snapshot, ...Snapshot[]];
  /** Whether this very plan passes by one of them: the receiver has nothing newer yet. */
  readonly isNew: boolean;
}

/** What a receiver lacks for good, as far as it is known. */
export interface PassedVersions {
  readonly versions: readonly Passed[];
  /** Whether it is known of all chosen versions whether the receiver has them. */
  readonly knowsAll: boolean;
  /** Whether they are what `--latest` leaves out in this run. */
  readonly isLatest: boolean;
}

/** Both sides, and which versions count. */
export interface PassedRequest {
  readonly sender: Datasets;
  readonly receiver: Datasets;
  readonly choice: Choice;
  /** Whether all snapshots of the receiver are known, and not only those of where the copies are. */
  readonly knowsReceiver: boolean;
}

/** What was found to be passed by. */
export interface FoundPassed {
  readonly versions: readonly Passed[];
  /** Whether nothing else may be: without it, there are versions of which it isn't known whether the receiver has them. */
  readonly isSure: boolean;
}

/**
 * Finds what the copies of the sender's datasets have passed by, of datasets without a conflict. With `latest`, only what this very plan
 * passes by: whoever sends the newest versions on purpose hears of the others once.
 * @param plan what `planTransfer` gives for both
 */
export function findPassed(
  { sender, receiver, choice, knowsReceiver }: PassedRequest,
  plan: Plan,
): FoundPassed {
  const conflicting = new Set(plan.conflicts.map(({ source }) => source));
  const places = new Map(
    [...plan.upToDate, ...plan.chains].map(({ source, destination }) => [source, destination]),
  );
  const chains = new Map(plan.chains.map((chain) => [chain.source, chain]));
  const coming = new Set(plan.chains.flatMap(({ steps }) => steps.map(({ to }) => to.guid)));
  const copies = new GuidIndex(receiver);
  const origins = new Set([...sender.values()].map(({ origin }) => origin));
  const found: Passed[] = [];
  let isSure = true;
  for (const { dataset, versions } of findSources(sender, toWhole(choice))) {
    const destination = places.get(dataset.name);
    if (destination === undefined || conflicting.has(dataset.name)) continue;
    const base = findNewestOf(dataset, (guid) => copies.has(guid));
    // What it has by the end may come as part of another dataset.
    const last =
      chains.get(dataset.name)?.steps.at(-1)?.to.createtxg ??
      findNewestOf(dataset, (guid) => copies.has(guid) || coming.has(guid));
    const first = choice.latest ? base : 0;
    const missing = versions.filter(
      (version) =>
        version.createtxg > (isChosen(version, choice) ? first : base) &&
        version.createtxg < last &&
        !coming.has(version.guid) &&
        !copies.has(version.guid),
    );
    // What a clone went on from may be in the copy of that one: it had it, where the clone was promoted since.
    const elsewhere = knowsReceiver ? 0 : findNewestOrigin(dataset, origins);
    const [oldest, ...rest] = missing.filter(({ createtxg }) => createtxg > elsewhere);
    if (missing.some(({ createtxg }) => createtxg <= elsewhere)) isSure = false;
    if (oldest === undefined) continue;
    const isNew = [oldest, ...rest].some(({ createtxg }) => createtxg > base);
    if (isNew && !choice.latest && !knowsReceiver) isSure = false;
    found.push({ source: dataset.name, destination, versions: [oldest, ...rest], isNew });
  }
  return { versions: found, isSure };
}

/** All versions of what is chosen, also those that are higher than what is asked for: they may be older. */
function toWhole(choice: Choice): Choice {
  if (choice.datasets !== undefined) return { ...choice, latest: false };
  return { patterns: choice.patterns.map((pattern) => ({ ...pattern, upTo: undefined })), latest: false };
}

/** The `createtxg` of the newest snapshot or bookmark of a dataset that is one of these; 0 where there is none. */
function findNewestOf({ snapshots, bookmarks }: Dataset, isMeant: (guid: bigint) => boolean): number {
  const meant = [...snapshots, ...bookmarks].filter(({ guid }) => isMeant(guid));
  return meant.reduce((newest, { createtxg }) => Math.max(newest, createtxg), 0);
}

/** The `createtxg` of the newest snapshot of a dataset that another one is a clone of; 0 where there is none. */
function findNewestOrigin({ snapshots }: Dataset, origins: ReadonlySet<string | undefined>): number {
  return snapshots.findLast((snapshot) => origins.has(fullNameOf(snapshot)))?.createtxg ?? 0;
}

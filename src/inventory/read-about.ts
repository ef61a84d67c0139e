import type { Endpoint } from '../host/endpoint.js';
import type { RequestOf } from '../requests/request.js';
import {
  parseCreationTimes,
  parseDatasets,
  parseGuids,
  parseHolds,
  parseSnapshots,
  type SnapshotRow,
} from '../zfs/list.js';
import { parseProperties, type Property } from '../zfs/properties.js';
import { ListReader } from './list-reader.js';
import { understand } from './read-inventory.js';
import { askForLists } from './zfs-script.js';

/**
 * Asks a host for snapshots by their full names; those that aren't there are left out.
 * @throws ZfsVmError when nothing can be run there
 */
export async function readNamedSnapshots(
  endpoint: Endpoint,
  fullNames: Iterable<string>,
  signal?: AbortSignal,
): Promise<SnapshotRow[]> {
  return listAbout(endpoint, { what: 'snapshots', parse: parseSnapshots }, fullNames, signal);
}

/**
 * Asks a host when snapshots and bookmarks were made, by their full names; those that aren't there are left out.
 * @returns seconds since 1970, by GUID
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readCreationTimes(
  endpoint: Endpoint,
  fullNames: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<bigint, number>> {
  return new Map(
    await listAbout(endpoint, { what: 'creation', parse: parseCreationTimes }, fullNames, signal),
  );
}

/**
 * Asks a host which of these snapshots somebody holds; those that aren't there are left out.
 * @param fullNames full names of snapshots
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readHeld(
  endpoint: Endpoint,
  fullNames: Iterable<string>,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const parseHeld = (lines: string): string[] =>
    parseHolds(lines).flatMap(([name, count]) => (count > 0 ? [name] : []));
  return new Set(await listAbout(endpoint, { what: 'holds', parse: parseHeld }, fullNames, signal));
}

/**
 * Asks a host for the GUIDs of datasets; those that aren't there are left out.
 * @returns by name
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readGuids(
  endpoint: Endpoint,
  datasets: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, bigint>> {
  return new Map(await listAbout(endpoint, { what: 'guids', parse: parseGuids }, datasets, signal));
}

/**
 * Lists some datasets, and all that lies below them; those that aren't there are left out.
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readDatasetNamesWithin(
  endpoint: Endpoint,
  datasets: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const rows = await listAbout(endpoint, { what: 'within', parse: parseDatasets }, datasets, signal);
  return rows.map(({ name }) => name);
}

/**
 * Reads the snapshots and bookmarks of some datasets.
 * @throws ZfsVmError when zfs can't be run there, a dataset isn't there any more, or the answer can't be understood
 */
export async function readSnapshotsOf(
  endpoint: Endpoint,
  datasets: readonly string[],
  signal?: AbortSignal,
): Promise<SnapshotRow[]> {
  return listAbout(endpoint, { what: 'snapshots-of', parse: parseSnapshots }, datasets, signal);
}

/**
 * Reads what properties are on some datasets, wherever that comes from; those that aren't there are left out.
 * @throws ZfsVmError when nothing can be run there, or the answer can't be understood
 */
export async function readPropertiesOf(
  endpoint: Endpoint,
  datasets: readonly string[],
  properties: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly Property[]>> {
  return listProperties(endpoint, { what: 'properties', properties }, datasets, signal);
}

/**
 * Reads what is set of these properties on some datasets; those that aren't there are left out.
 * @throws ZfsVmError when nothing can be run there, or one of the values can't be read
 */
export async function readSetPropertiesOf(
  endpoint: Endpoint,
  datasets: readonly string[],
  properties: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly Property[]>> {
  return listProperties(endpoint, { what: 'set-properties', properties }, datasets, signal);
}

async function listProperties(
  endpoint: Endpoint,
  question: Pick<RequestOf<'about'>, 'what' | 'properties'>,
  datasets: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, readonly Property[]>> {
  if (datasets.length === 0) return new Map();
  const body = (): Iterable<{ readonly name: string }> => toRecords(datasets);
  const { lines } = await askForLists<'about'>(endpoint, { kind: 'about', ...question }, body, { signal });
  return understand(endpoint, () => parseProperties(lines, question.properties));
}

/** What is asked about what is named, and what the answer comes to. */
export interface NameQuestion<T> {
  readonly what: RequestOf<'about'>['what'];
  /** Reads some lines. */
  readonly parse: (lines: string) => T[];
}

/**
 * Asks about what is named.
 * @param names can be gone through again
 */
export async function listAbout<T>(
  endpoint: Endpoint,
  { what, parse }: NameQuestion<T>,
  names: Iterable<string>,
  signal: AbortSignal | undefined,
): Promise<T[]> {
  // With no names at all, GNU's xargs would call zfs without any.
  if (names[Symbol.iterator]().next().done === true) return [];
  const found: T[] = [];
  const reader = new ListReader((lines) => {
    for (const each of parse(lines)) found.push(each);
  });
  const options = { readLast: () => reader.feed, signal };
  await askForLists<'about'>(
    endpoint,
    { kind: 'about', what, properties: [] },
    () => toRecords(names),
    options,
  );
  return understand(endpoint, () => {
    reader.finish();
    return found;
  });
}

/** Names as the records of a body. */
export function* toRecords(names: Iterable<string>): Generator<{ readonly name: string }> {
  for (const name of names) yield { name };
}

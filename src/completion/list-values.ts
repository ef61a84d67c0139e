import { findTagIn } from '../streamline/tag.js';
import { compareVersions } from '../streamline/version.js';
import { findChoiceFault, storageProperties } from '../zfs/properties.js';
import type { HostName } from './scan-config.js';

/** A value that a word may be completed to. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** How many versions of a streamline are offered: the newest ones. */
const mostVersions = 200;

/**
 * Streamlines; and where the word names one, or could only be one, its versions, the newest one first.
 * @param snapshots full names of snapshots
 */
export function listVersions(snapshots: readonly string[], word: string): Candidate[] {
  const streamlines = groupVersions(snapshots);
  const names = [...streamlines.keys()].sort().filter((name) => name.startsWith(word));
  const wanted = word.includes(':')
    ? word.slice(0, word.indexOf(':'))
    : names.length === 1
      ? names[0]
      : undefined;
  const versions = [...(streamlines.get(wanted ?? '')?.values() ?? [])]
    .sort((one, other) => compareVersions(other.version, one.version))
    .map(({ value, dataset }) => ({ value, description: dataset }))
    .filter(({ value }) => value.startsWith(word));
  const named = names.map((value) => {
    const count = streamlines.get(value)?.size ?? 0;
    return { value, description: `${count} ${count === 1 ? 'version' : 'versions'}` };
  });
  return [...named, ...versions.slice(0, mostVersions)];
}

interface FoundVersion {
  readonly value: string;
  readonly version: Parameters<typeof compareVersions>[0];
  readonly dataset: string;
}

/** The versions of each streamline, each once, by their text. */
function groupVersions(snapshots: readonly string[]): ReadonlyMap<string, ReadonlyMap<string, FoundVersion>> {
  const streamlines = new Map<string, Map<string, FoundVersion>>();
  for (const snapshot of snapshots) {
    const tag = findTagIn(snapshot);
    if (tag === undefined) continue;
    const { streamline, version } = tag;
    const versions = streamlines.get(streamline) ?? new Map<string, FoundVersion>();
    streamlines.set(streamline, versions);
    const dataset = snapshot.slice(0, snapshot.indexOf('@'));
    const value = `${streamline}:${version.text}`;
    if (!versions.has(value)) versions.set(value, { value, version, dataset });
  }
  return streamlines;
}

/** Datasets by their full names. */
export function listDatasets(datasets: readonly string[], word: string): Candidate[] {
  return datasets.filter((name) => name.startsWith(word)).map((value) => ({ value, description: 'dataset' }));
}

/** Datasets, and containers by the last parts of their names. */
export function listContainers(datasets: readonly string[], word: string): Candidate[] {
  if (word === '' || word.includes('/')) return listDatasets(datasets, word);
  const containers = datasets.flatMap((dataset) => {
    const value = dataset.slice(dataset.lastIndexOf('/') + 1);
    return value !== dataset && value.startsWith(word) ? [{ value, description: dataset }] : [];
  });
  return [...listDatasets(datasets, word), ...containers];
}

/** Hosts; whose account it is stays before them. */
export function listHosts(hosts: readonly HostName[], word: string): Candidate[] {
  const account = word.slice(0, word.lastIndexOf('@') + 1);
  const known = new Map(hosts.map(({ name, description }) => [`${account}${name}`, description]));
  return Array.from(known, ([value, description]) => ({ value, description })).filter(({ value }) =>
    value.startsWith(word),
  );
}

const placeProperties = [
  'canmount',
  'mountpoint',
  'quota',
  'readonly',
  'refquota',
  'refreservation',
  'reservation',
];

const propertyNames = [...storageProperties, ...placeProperties]
  .filter((name) => findChoiceFault(name) === undefined)
  .sort();

/** Properties that may be set. @param end what stands behind a name */
export function listProperties(word: string, end: '' | '='): Candidate[] {
  return propertyNames
    .map((name) => ({ value: `${name}${end}`, description: 'property' }))
    .filter(({ value }) => value.startsWith(word));
}

/** The same for a list with commas, of which the last part is completed. */
export function listPropertyLists(word: string): Candidate[] {
  const before = word.slice(0, word.lastIndexOf(',') + 1);
  const names = [...(before === '' ? ['storage'] : []), ...storageProperties];
  return names
    .map((name) => ({ value: `${before}${name}`, description: 'property' }))
    .filter(({ value }) => value.startsWith(word));
}

import { didYouMean } from '../base/similar.js';
import { nameHost } from '../base/host-words.js';
import { ZfsVmError } from '../base/errors.js';
import type { Retention } from '../plan/retention.js';
import type { Choice } from '../plan/choice.js';
import { fullNameOf, type Dataset, type Datasets } from '../streamline/dataset.js';
import { findVersions } from '../streamline/lineage.js';
import { hasWildcard, matchesGlob, type VersionPattern } from '../streamline/selection.js';
import { formatTag, formatTagShort } from '../streamline/tag.js';
import { compareVersions } from '../streamline/version.js';
import { isWithin, poolOf } from '../zfs/names.js';
import {
  expandPropertyName,
  findCarryFault,
  findChoiceFault,
  findPropertyNameFault,
  findPropertyValueFault,
  type PropertyChanges,
} from '../zfs/properties.js';
import { findNamedVersion } from './find-named-version.js';

/**
 * Refuses properties that can't be set, inherited or carried, and one that is named twice.
 * @throws ZfsVmError `usage`
 */
export function checkProperties({
  set,
  exclude,
  carry,
}: PropertyChanges & { readonly carry: readonly string[] }): void {
  const chosen = [...set.map(({ name }) => name), ...exclude];
  for (const name of chosen) checkProperty(name, findChoiceFault);
  for (const name of carry) checkProperty(name, findCarryFault);
  for (const { name, value } of set) {
    const fault = findPropertyValueFault(value);
    if (fault !== undefined) throw new ZfsVmError('usage', `cannot set property ${name}: ${fault}`);
  }
  const twice = chosen.find((name, index) => chosen.indexOf(name) < index);
  if (twice === undefined) return;
  throw new ZfsVmError('usage', `property ${twice} given twice with -o or -x`, {
    hint: `give -o ${twice}=VALUE or -x ${twice}, once`,
  });
}

function checkProperty(name: string, findFault: (name: string) => string | undefined): void {
  const fullName = expandPropertyName(name);
  const fault =
    findPropertyNameFault(name) ??
    findFault(fullName) ??
    (name === fullName ? undefined : `use its full name, ${fullName}`);
  if (fault === undefined) return;
  throw new ZfsVmError('usage', `invalid property ${JSON.stringify(name)}: ${fault}`);
}

/** Refuses a place in a pool that isn't there. @throws ZfsVmError `usage` */
export function checkPool(destination: string | undefined, receiverName: string, receiver: Datasets): void {
  if (destination === undefined || receiver.has(poolOf(destination))) return;
  const pools = [...new Set([...receiver.keys()].map(poolOf))];
  throw new ZfsVmError(
    'usage',
    `cannot use -d ${destination}: ${nameHost(receiverName)} has no pool "${poolOf(destination)}"`,
    {
      hint: pools.length === 0 ? 'create a pool on that host first' : `existing pools: ${pools.join(', ')}`,
    },
  );
}

/** Refuses a copy within one machine without a place. @param names by which the machine was named @throws ZfsVmError `usage` */
export function checkCopyDestination(destination: string | undefined, names: readonly string[]): void {
  if (destination !== undefined) return;
  const [name, other] = [...new Set(names)];
  throw new ZfsVmError(
    'usage',
    other === undefined
      ? 'a copy within one host needs a destination'
      : `${String(name)} and ${other} are the same machine; a copy within it needs a destination`,
    { hint: 'add a destination, e.g. -d tank/backup' },
  );
}

/** Refuses a place that has all the versions already because they are made there. @throws ZfsVmError `usage` */
export function checkCopyPlace(datasets: { sender: Datasets; receiver: Datasets }): void {
  const [ours] = findVersions(datasets.sender);
  const [theirs] = findVersions(datasets.receiver);
  if (ours !== undefined || theirs === undefined) return;
  throw new ZfsVmError(
    'usage',
    `all versions, such as ${fullNameOf(theirs)}, are already below the destination`,
    {
      hint: 'choose a destination outside these datasets with -d',
    },
  );
}

/** What is named by patterns. */
type NamedChoice = Partial<Pick<Choice, 'patterns' | 'datasets' | 'required'>>;

/**
 * Refuses a pattern that fits nothing, or a version that has to be there and isn't: most likely it is misspelt.
 * @param mayBePruned whether a version may be missing that is older than what its streamlines still have: a command that destroys versions
 *   goes on so on a schedule
 * @throws ZfsVmError `usage`
 */
export function checkPatterns(
  { patterns = [], datasets, required }: NamedChoice,
  senderName: string,
  sender: Datasets,
  { mayBePruned = false }: { readonly mayBePruned?: boolean } = {},
): void {
  const known = new Set([...findVersions(sender)].map((version) => version.tag.streamline));
  const candidates = datasets === undefined ? known : new Set(sender.keys());
  const isKnown = (pattern: string): boolean =>
    hasWildcard(pattern)
      ? [...candidates].some((name) => matchesGlob(pattern, name))
      : candidates.has(pattern);
  const wanted = datasets ?? patterns.map(({ streamline }) => streamline);
  const unknown = wanted.find((pattern) => !isKnown(pattern));
  if (unknown === undefined) {
    if (required !== undefined) findNamedVersion(senderName, sender, required);
    for (const pattern of patterns) {
      if (!mayBePruned || !isOlder(pattern, sender)) checkVersion(pattern, senderName, sender);
    }
    return;
  }
  if (datasets !== undefined) {
    throw new ZfsVmError('usage', `no dataset "${unknown}" on ${nameHost(senderName)}`, {
      hint: 'with --all-snapshots, -n selects datasets: see "zfs list" on that host',
    });
  }
  const message = `no streamline "${unknown}" on ${nameHost(senderName)}${didYouMean(unknown, known)}`;
  throw new ZfsVmError('usage', message, {
    hint:
      known.size === 0
        ? 'create a version first with "zfs-vm tag -n STREAMLINE:VERSION DATASET"'
        : `existing streamlines: ${[...known].sort().join(', ')}`,
  });
}

/**
 * Refuses a pattern whose streamlines are there, and none of them has the version that it names: taken for a limit, a misspelt version
 * would mean all of them. One of several streamlines is enough: the others may not have come as far.
 */
function checkVersion(
  { streamline, upTo: version }: VersionPattern,
  hostName: string,
  datasets: Datasets,
): void {
  if (version === undefined) return;
  if (!hasWildcard(streamline)) {
    findNamedVersion(hostName, datasets, { streamline, version });
    return;
  }
  for (const { tag } of findVersions(datasets)) {
    if (tag.version.text === version.text && matchesGlob(streamline, tag.streamline)) return;
  }
  throw new ZfsVmError(
    'usage',
    `no streamline matching "${streamline}" on ${nameHost(hostName)} has version ${version.text}`,
    {
      hint: 'list the existing versions with "zfs-vm list", or omit the version to select all',
    },
  );
}

/** Whether a version that isn't there may have been destroyed: its streamlines have newer ones. */
function isOlder({ streamline, upTo }: VersionPattern, datasets: Datasets): boolean {
  if (upTo === undefined) return false;
  for (const { tag } of findVersions(datasets)) {
    if (matchesGlob(streamline, tag.streamline) && compareVersions(tag.version, upTo) > 0) return true;
  }
  return false;
}

/**
 * One machine seen as two: what is under the destination belongs to the receiver, everything else to the sender. The
 * receiver keeps knowing the other datasets by name, as they are in the way of new ones.
 * @param datasets the machine's, as a sender is read
 * @param all the same, as a receiver is read
 */
export function splitAtDestination(
  datasets: Datasets,
  all: Datasets,
  destination: string,
): { sender: Datasets; receiver: Datasets } {
  const withoutHistory = (dataset: Dataset): Dataset => ({ ...dataset, snapshots: [], partial: undefined });
  const sender = new Map([...datasets].filter(([name]) => !isWithin(name, destination)));
  const receiver = new Map(
    Array.from(all, ([name, dataset]): [string, Dataset] => [
      name,
      isWithin(name, destination) ? dataset : withoutHistory(dataset),
    ]),
  );
  return { sender, receiver };
}

/** Refuses to keep a version that isn't there: most likely it is misspelt. @throws ZfsVmError `usage` */
export function checkKept({ versions = [] }: Retention, hostName: string, datasets: Datasets): void {
  const known = new Set([...findVersions(datasets)].map(({ name }) => name));
  const unknown = versions.find((tag) => !known.has(formatTag(tag)));
  if (unknown === undefined) return;
  throw new ZfsVmError(
    'usage',
    `invalid value for --keep: no version ${formatTagShort(unknown)} on ${nameHost(hostName)}`,
    {
      hint: 'nothing was destroyed; list the existing versions with "zfs-vm list"',
    },
  );
}

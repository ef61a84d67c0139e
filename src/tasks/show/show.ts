import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveHosts } from '../../config/config.js';
import { readVersionFacts } from '../../inventory/read-version-facts.js';
import { findAsides } from '../../plan/aside.js';
import { fullNameOf, type Datasets, type Snapshot } from '../../streamline/dataset.js';
import { findVersion, type VersionName } from '../../streamline/find-version.js';
import { findNewest, findVersions } from '../../streamline/lineage.js';
import { formatTagShort, type Tag } from '../../streamline/tag.js';
import { partsOf } from '../../streamline/tree.js';
import { findNamedVersion } from '../find-named-version.js';
import { readAnswer, type Answer, type Failure } from '../read-answer.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';

/** Which version is looked for, and where. */
export interface ShowRequest {
  /** The version; the newest one of the streamline if it names none. */
  readonly name: VersionName;
  /** Hosts that are asked besides this machine, as people name them. */
  readonly hosts?: readonly string[] | undefined;
  /** Whether all remotes of the configuration are asked. */
  readonly asksRemotes?: boolean | undefined;
}

/** All there is to know of a version. */
export interface ShowResult {
  readonly tag: Tag;
  readonly guid: bigint;
  /** Whether the first host that has it has no newer version of the streamline. */
  readonly isNewest: boolean;
  /** How many versions of the streamline that host has. */
  readonly versionCount: number;
  /** This machine first. */
  readonly hosts: readonly HostPlaces[];
}

/** Where a host has a version, or why it couldn't be asked. */
export type HostPlaces =
  | {
      readonly kind: 'read';
      readonly host: string;
      readonly places: readonly VersionPlace[];
      /** The newest version of the streamline there. */
      readonly newest: Tag | undefined;
    }
  | { readonly kind: 'failed'; readonly host: string; readonly error: ZfsVmError };

/** A dataset, or a tree, that has a version. */
export interface VersionPlace {
  /** The snapshot of the dataset first, and then those of the tree's members. */
  readonly parts: readonly [VersionPart, ...VersionPart[]];
  /** Whether it is the same snapshot as on the first host, by GUID, and not another one of that name. */
  readonly isSame: boolean;
  /** Whether the dataset was set aside. */
  readonly isAside: boolean;
}

/** A snapshot of a version. */
export interface VersionPart {
  /** By its name it is the version as a rule; a copy that somebody has renamed is one by its GUID. */
  readonly snapshot: Snapshot;
  readonly createdAtSeconds: number;
  readonly referencedBytes: number;
  /** What destroying it alone would free. */
  readonly usedBytes: number;
  /** The tags of its holds. */
  readonly holds: readonly string[];
  /** The datasets that were cloned from it. */
  readonly clones: readonly string[];
  readonly note: string | undefined;
}

/**
 * Finds out where a version is, on this machine and on others, and what there is to know of it. A host that can't be asked is told of in
 * its place.
 * @throws ZfsVmError `usage` when no host has it; when this machine can't be read
 */
export async function show(request: ShowRequest, surroundings: Surroundings): Promise<ShowResult> {
  const { name, hosts: words = [], asksRemotes = false } = request;
  const { config, signal } = surroundings;
  const wanted = resolveHosts(config, [...words, ...(asksRemotes ? config.remotes.keys() : [])]);
  if (asksRemotes && config.remotes.size === 0) {
    throw new ZfsVmError('usage', 'no remotes are configured', {
      hint: 'name hosts after the version, or add remotes to the configuration ("zfs-vm config init")',
    });
  }
  return Hosts.use(surroundings, async (hosts) => {
    const answers = await Promise.all(
      [localName, ...wanted.filter((host) => host !== localName)].map((host) =>
        readAnswer(hosts, host, signal),
      ),
    );
    const [local] = answers;
    if (local?.kind === 'failed') throw local.error;
    const { tag, guid, first } = findReference(name, answers);
    const places = await Promise.all(
      answers.map(async (answer) =>
        answer.kind === 'failed' ? answer : findPlaces(answer, { tag, guid }, surroundings),
      ),
    );
    const versions = [...findVersions(first.datasets, tag.streamline)];
    const names = new Set(versions.map((version) => version.name));
    return {
      ...{ tag, guid, versionCount: names.size, hosts: places },
      isNewest: findNewest(versions)?.tag.version.text === tag.version.text,
    };
  });
}

/** What is looked for on every host: what the first host that has the version has. @throws ZfsVmError `usage` when none has it */
function findReference(
  name: VersionName,
  answers: readonly (Answer | Failure)[],
): { readonly tag: Tag; readonly guid: bigint; readonly first: Answer } {
  const readable = answers.filter((answer) => answer.kind === 'read');
  for (const first of readable) {
    const found = findVersion(first.datasets, name);
    if (found.kind !== 'found') continue;
    const [{ root }] = found.trees;
    return { tag: root.tag, guid: root.guid, first };
  }
  const [local, ...others] = readable;
  if (local !== undefined && others.length === 0) findNamedVersion(local.host, local.datasets, name);
  const what =
    name.version === undefined ? name.streamline : formatTagShort({ ...name, version: name.version });
  throw new ZfsVmError('usage', `no version ${what} on ${readable.map(({ host }) => host).join(', ')}`, {
    hint: 'run "zfs-vm list" or "zfs-vm list HOST" for the versions there are',
  });
}

/** Where a host has a version, by its name and by its GUID. */
async function findPlaces(
  { host, endpoint, datasets }: Answer,
  { tag, guid }: { readonly tag: Tag; readonly guid: bigint },
  { signal, emit }: Surroundings,
): Promise<HostPlaces> {
  const found = findVersion(datasets, { streamline: tag.streamline, version: tag.version });
  const trees = found.kind === 'found' ? found.trees : [];
  const named = new Set(trees.flatMap((tree) => partsOf(tree)).map(fullNameOf));
  const renamed = [...datasets.values()]
    .flatMap(({ snapshots }) => snapshots.filter((snapshot) => snapshot.guid === guid))
    .filter((snapshot) => !named.has(fullNameOf(snapshot)));
  const all: readonly (readonly Snapshot[])[] = [...trees.map(partsOf), ...renamed.map((each) => [each])];
  const { facts, lacksNotes } = await readVersionFacts(endpoint, all.flat().map(fullNameOf), signal);
  if (lacksNotes) emit({ kind: 'notes-left-out', host });
  const clones = findClones(datasets);
  const asides = findAsides(datasets);
  const places = all.flatMap((snapshots): VersionPlace[] => {
    const [first, ...rest] = snapshots.flatMap((snapshot): VersionPart[] => {
      const fullName = fullNameOf(snapshot);
      const known = facts.get(fullName);
      // It is gone since the host was read.
      if (known === undefined) return [];
      return [{ snapshot, ...known, clones: clones.get(fullName) ?? [] }];
    });
    if (first === undefined) return [];
    const { snapshot } = first;
    return [
      { parts: [first, ...rest], isSame: snapshot.guid === guid, isAside: asides.has(snapshot.dataset) },
    ];
  });
  return { kind: 'read', host, places, newest: findNewest([...findVersions(datasets, tag.streamline)])?.tag };
}

/** The datasets that were cloned from each snapshot, by its full name. */
function findClones(datasets: Datasets): ReadonlyMap<string, readonly string[]> {
  const clones = new Map<string, string[]>();
  for (const { name, origin } of datasets.values()) {
    if (origin === undefined) continue;
    const known = clones.get(origin);
    if (known === undefined) clones.set(origin, [name]);
    else known.push(name);
  }
  return clones;
}

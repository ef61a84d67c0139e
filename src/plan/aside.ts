import type { Dataset, Datasets, Snapshot } from '../streamline/dataset.js';
import { ancestorsOf, isPoolRoot, maxNameLength, poolOf } from '../zfs/names.js';
import { follows, type Role } from '../zfs/role.js';
import type { Plan } from './plan.js';
import type { ReceiverModel } from './receiver-model.js';
import type { Source } from './sources.js';

/** Why a dataset is moved aside: to be destroyed when what replaces it has come, or to stay with what its host has made of it. */
export type AsideWord = 'replaced' | 'set-aside';

/** What keeps a dataset from being moved aside. */
export type AsideObstacle =
  /** The root of a pool has no other name. */
  | { readonly kind: 'pool-root' }
  /** A rename would take along what lies below it. */
  | { readonly kind: 'datasets-below'; readonly names: readonly string[] }
  /** The dataset of the sender that it is a member of has a conflict itself: without that, the tree would be one of two times. */
  | { readonly kind: 'tree-in-conflict'; readonly above: string }
  /** Its key is that of another encryption root than its parent's: ZFS renames it only to below that root. */
  | { readonly kind: 'encryption-root'; readonly root: string }
  /** No name beside it is short enough for ZFS. */
  | { readonly kind: 'name-too-long' };

/** Longer than what a name gets at its end while what is moved aside is destroyed. */
const reservedLength = 4;

/** What keeps a dataset of the receiver from being renamed without a trace on others; undefined when nothing does. */
export function findAsideObstacle(
  { name, snapshots, encryptionRoot }: Pick<Dataset, 'name' | 'snapshots' | 'encryptionRoot'>,
  word: AsideWord,
  { model, stamp }: { readonly model: ReceiverModel; readonly stamp: string },
): AsideObstacle | undefined {
  if (isPoolRoot(name)) return { kind: 'pool-root' };
  const root = findTyingRoot({ name, encryptionRoot }, model);
  if (root !== undefined) return { kind: 'encryption-root', root };
  const below = model.findBelow(name);
  if (below.length > 0) return { kind: 'datasets-below', names: below };
  return chooseAsideName({ name, snapshots }, word, { model, stamp }) === undefined
    ? { kind: 'name-too-long' }
    : undefined;
}

/**
 * The encryption root that keeps a dataset of the receiver from having another name beside it: a clone has the key of its origin, wherever it is,
 * and the parent of a dataset that isn't an encryption root itself must have the same one (`dsl_dir_rename_crypt_check`, EACCES).
 */
export function findTyingRoot(
  { name, encryptionRoot }: Pick<Dataset, 'name' | 'encryptionRoot'>,
  model: Pick<ReceiverModel, 'findDataset'>,
): string | undefined {
  if (encryptionRoot === undefined || encryptionRoot === name) return undefined;
  const parent = ancestorsOf(name).at(-1) ?? '';
  return model.findDataset(parent)?.encryptionRoot === encryptionRoot ? undefined : encryptionRoot;
}

/**
 * A name beside a dataset that nobody has, e.g. `tank/vm-replaced-20261130T000531Z`; shorter where ZFS takes no longer one.
 * @param stamp when that was shown, as text: the same name for all attempts of a run
 * @returns undefined when there is none, as a snapshot's name is that long
 */
export function chooseAsideName(
  { name, snapshots }: Pick<Dataset, 'name' | 'snapshots'>,
  word: AsideWord,
  { model, stamp }: { readonly model: Pick<ReceiverModel, 'isTaken'>; readonly stamp: string },
): string | undefined {
  const longest = findLongest(snapshots) + reservedLength;
  for (const begin of nameBegins(name, word).map((each) => each + stamp)) {
    if (begin.length + longest > maxNameLength) continue;
    for (let count = 1; ; count++) {
      const candidate = count === 1 ? begin : `${begin}-${count}`;
      if (!model.isTaken(candidate)) return candidate;
    }
  }
  return undefined;
}

function findLongest(snapshots: readonly Snapshot[]): number {
  let longest = 0;
  for (const snapshot of snapshots) longest = Math.max(longest, lengthOf(snapshot));
  return longest;
}

/** With the `@`. */
function lengthOf({ name }: Snapshot): number {
  return name.length + 1;
}

/** The role of what is moved aside so that a dataset of the sender can be followed again. */
export function toAsideRole({ dataset }: Source, sender: Datasets): Role {
  return {
    kind: 'aside',
    sources: [{ guid: dataset.guid ?? 0n, poolGuid: sender.get(poolOf(dataset.name))?.guid ?? 0n }],
  };
}

/** Whether a dataset was moved aside, and is no image and no copy of one any more. */
export function isAside({ role }: Pick<Dataset, 'role'>): boolean {
  return role?.kind === 'aside';
}

/** The names of the datasets of a host that were moved aside. */
export function findAsides(datasets: Datasets): ReadonlySet<string> {
  return new Set([...datasets.values()].filter(isAside).map(({ name }) => name));
}

/** What an earlier run moved aside to replace it, by the destinations of chains that bring what was to take its place. */
export function findLeftAside(
  { chains }: Plan,
  { sender, receiver }: { readonly sender: Datasets; readonly receiver: Datasets },
): Map<string, string> {
  const left = new Map<string, string>();
  const asides = [...receiver.values()].filter(isAside);
  for (const { source, destination, preparation, steps } of asides.length === 0 ? [] : chains) {
    if (steps[0].kind === 'incremental' || preparation?.kind === 'replace') continue;
    const followed = { guid: sender.get(source)?.guid };
    const begins = nameBegins(destination, 'replaced');
    const aside = asides.find(
      ({ name, role }) => follows(role, followed) && begins.some((begin) => name.startsWith(begin)),
    );
    if (aside !== undefined) left.set(destination, aside.name);
  }
  return left;
}

/** What names beside a dataset begin with: the second one where the first would be too long. */
function nameBegins(name: string, word: AsideWord): string[] {
  const parent = ancestorsOf(name).at(-1) ?? '';
  return [`${name}-${word}-`, `${parent}/${word}-`];
}

/**
 * What a dataset was called before it was moved aside, going by its name; undefined for a name that nothing is given so. One that is still marked as the
 * copy has that name only because its host stopped in the middle of the move.
 */
export function findNameBefore(name: string): string | undefined {
  return /^(.+)-(?:replaced|set-aside)-[0-9]{8}T[0-9]{6}Z(?:-[0-9]+)?$/.exec(name)?.[1];
}

/** Datasets as they are, without the content of those that were moved aside: nothing continues there, or begins from it. */
export function hideAsides(datasets: Datasets): Datasets {
  if (![...datasets.values()].some(isAside)) return datasets;
  return new Map(
    Array.from(datasets, ([name, dataset]) => [
      name,
      isAside(dataset) ? { ...dataset, snapshots: [], bookmarks: [], partial: undefined } : dataset,
    ]),
  );
}

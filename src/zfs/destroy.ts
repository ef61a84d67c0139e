import { checkCharacters, UnreadableOutput } from './list-fields.js';

/*
 * Never with -r: what has come since it was shown to the person makes these commands fail, and is kept.
 */

/**
 * Arguments of zfs that destroy snapshots of one dataset, all or none: if one of them is held, cloned or busy, all stay; one that is
 * gone already is passed over (`dsl_destroy_snapshots_nvl`; seen on OpenZFS 2.1 and 2.3). @param names the parts after `@`
 */
export function destroySnapshotsArguments(dataset: string, names: readonly string[]): string[] {
  return ['destroy', `${dataset}@${names.join(',')}`];
}

/** How long the names may be that are said one by one: a word of a command line may have 128 KiB on Linux (`MAX_ARG_STRLEN`). */
const longestList = 100_000;

/**
 * Arguments of zfs that destroy snapshots of one dataset which follow each other there, however many: all or none, as they go to the
 * kernel in one call (`zfs_destroy_snaps_nvl`; seen on OpenZFS 2.3.2). Of thousands, the first and the last are named: no snapshot
 * ever comes between two others, so that these are all that were shown.
 * @param names the parts after `@`, oldest first, without a gap
 */
export function destroyRunArguments(dataset: string, names: readonly [string, ...string[]]): string[] {
  const [first] = names;
  const length = names.reduce((sum, name) => sum + name.length + 1, dataset.length);
  if (length <= longestList) return destroySnapshotsArguments(dataset, names);
  return ['destroy', `${dataset}@${first}%${names.at(-1) ?? first}`];
}

/** Arguments of zfs that tell what destroying snapshots of one dataset would free, for `parseReclaim`, and destroy nothing. */
export function reclaimArguments(dataset: string, names: readonly string[]): string[] {
  return ['destroy', '-n', '-v', '-p', `${dataset}@${names.join(',')}`];
}

/**
 * Reads the output of `reclaimArguments`: `destroy<TAB>snapshot` for each, and `reclaim<TAB>bytes`. Snapshots that share blocks free
 * them only together: the bytes are those of all.
 * @throws UnreadableOutput at the first line that is something else, and where the bytes are missing
 */
export function parseReclaim(output: string): number {
  checkCharacters(output);
  const lines = output.split('\n').filter((line) => line !== '');
  const other = lines.slice(0, -1).find((line) => !line.startsWith('destroy\t'));
  const last = lines.at(-1) ?? '';
  const bytes = /^reclaim\t([0-9]{1,20})$/.exec(last)?.[1];
  if (other !== undefined || bytes === undefined) throw new UnreadableOutput(other ?? last);
  return Number(bytes);
}

/** Arguments of zfs that destroy a dataset; it fails when it has snapshots, or something lies below it. */
export function destroyDatasetArguments(dataset: string): string[] {
  return ['destroy', dataset];
}

/** Arguments of zfs that destroy a bookmark. @param bookmark its full name */
export function destroyBookmarkArguments(bookmark: string): string[] {
  return ['destroy', bookmark];
}

/**
 * Arguments of zfs that undo what was written since a dataset's newest snapshot; it fails when there is a newer one, or a newer bookmark
 * (`zfs_do_rollback`; seen on OpenZFS 2.1 and 2.3).
 */
export function rollbackArguments(snapshot: string): string[] {
  return ['rollback', snapshot];
}

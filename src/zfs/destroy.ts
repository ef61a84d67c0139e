/*
 * Never with -r: what has come since it was shown to the person makes these commands fail, and is kept.
 */

/** Arguments of zfs that destroy snapshots of one dataset, all or none. @param names the parts after `@` */
export function destroySnapshotsArguments(dataset: string, names: readonly string[]): string[] {
  return ['destroy', `${dataset}@${names.join(',')}`];
}

/** Arguments of zfs that destroy a dataset; it fails when it has snapshots, or something lies below it. */
export function destroyDatasetArguments(dataset: string): string[] {
  return ['destroy', dataset];
}

/** Arguments of zfs that undo what was written since a dataset's newest snapshot; it fails when there is a newer one. */
export function rollbackArguments(snapshot: string): string[] {
  return ['rollback', snapshot];
}

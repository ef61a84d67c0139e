/*
 * How a dataset is moved aside. A rename of a filesystem unmounts it and mounts it again, and fails while it is in use; a volume that is
 * open, and a dataset with held snapshots, can be renamed (seen on OpenZFS 2.3.2).
 */

/** Arguments of zfs that give a dataset another name, and with it all that lies below it. */
export function renameArguments(from: string, to: string): string[] {
  return ['rename', from, to];
}

/**
 * Arguments of zfs that give a snapshot another name, and those of the same name below its dataset: all or none, in one transaction group
 * (`dsl_dataset_rename_snapshot`); datasets below that have no such snapshot are passed over.
 */
export function renameTreeArguments(from: string, to: string): string[] {
  return ['rename', '-r', from, to];
}

/**
 * Arguments of zfs that swap a clone and what it was cloned from: the snapshots up to its origin, with their holds, are its own then, and
 * it becomes the encryption root where the other one was (seen on OpenZFS 2.3.2, with and without the key).
 */
export function promoteArguments(clone: string): string[] {
  return ['promote', clone];
}

/** The longest name that ZFS takes, snapshot part included (`ZFS_MAX_DATASET_NAME_LEN` is 256 with the final NUL). */
export const maxNameLength = 255;

/** What keeps a text from being the name of a dataset, in words; undefined when it is fine (`zfs_namecheck.c`). */
export function findDatasetNameFault(name: string): string | undefined {
  if (name === '') return 'the name is empty';
  if (name.length > maxNameLength) return `the name is longer than ${maxNameLength} characters`;
  if (name.startsWith('/')) return 'it starts with /; dataset names do not, e.g. tank/vm';
  if (name.endsWith('/') || name.includes('//')) return 'it contains an empty component';
  const bad = /[^A-Za-z0-9_.: /-]/u.exec(name)?.[0];
  if (bad !== undefined) {
    return `it contains ${JSON.stringify(bad)}; ZFS allows only letters, digits, spaces and - _ . :`;
  }
  if (name.split('/').some((part) => part === '.' || part === '..')) {
    return 'it contains a component named . or ..';
  }
  if (!/^[A-Za-z]/.test(name)) return 'the name of a pool must start with a letter';
  return undefined;
}

/** Whether a text is the full name of a snapshot, as ZFS takes it: `tank/vm@a`. */
export function isSnapshotName(name: string): boolean {
  const at = name.indexOf('@');
  return (
    name.length <= maxNameLength &&
    /^[A-Za-z0-9_.: -]+$/.test(name.slice(at + 1)) &&
    findDatasetNameFault(name.slice(0, Math.max(0, at))) === undefined
  );
}

/** The pool of a dataset: `tank` for `tank/vm/7`. */
export function poolOf(dataset: string): string {
  const slash = dataset.indexOf('/');
  return slash < 0 ? dataset : dataset.slice(0, slash);
}

/** Whether a dataset is the root of its pool, which ZFS neither renames nor destroys. */
export function isPoolRoot(dataset: string): boolean {
  return !dataset.includes('/');
}

/** The last part of a dataset's name: `7` for `tank/vm/7`. */
export function baseNameOf(dataset: string): string {
  return dataset.slice(dataset.lastIndexOf('/') + 1);
}

/** The datasets above one, outermost first: `tank`, `tank/vm` for `tank/vm/7`. */
export function ancestorsOf(dataset: string): readonly string[] {
  const parts = dataset.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Whether a dataset is another one or lies below it. */
export function isWithin(dataset: string, ancestor: string): boolean {
  return dataset === ancestor || dataset.startsWith(`${ancestor}/`);
}

/** Arguments of zfs that make snapshots, all at one moment, or none. */
export function snapshotArguments(fullNames: readonly string[]): string[] {
  return ['snapshot', ...fullNames];
}

/** Arguments of zfs that make a snapshot; of everything below its dataset too if `recursive`, all at one moment, or none. */
export function snapshotArguments(fullName: string, { recursive }: { recursive: boolean }): string[] {
  return recursive ? ['snapshot', '-r', fullName] : ['snapshot', fullName];
}

/** Arguments of zfs that hold the snapshots whose names follow, so that nobody can destroy them. */
export function holdArguments(tag: string): string[] {
  return ['hold', tag];
}

/** Arguments of zfs that end the hold of the snapshots whose names follow. */
export function releaseArguments(tag: string): string[] {
  return ['release', tag];
}

/**
 * Arguments of zfs that run a channel program from stdin on a pool; the words of its own follow (zfs-program(8)). Only root may.
 */
export function programArguments(pool: string): string[] {
  return ['program', pool, '-'];
}

/**
 * A channel program that makes a bookmark of each snapshot it is given, with the name of the snapshot, all in one process. One
 * that can't be made (it exists already) stops none of the others.
 */
export const bookmarkProgram = `
local arguments = ...
for _, snapshot in ipairs(arguments["argv"]) do
  zfs.sync.bookmark(snapshot, (string.gsub(snapshot, "@", "#")))
end
`;

/** Arguments of zfs that make a bookmark of a snapshot, with its name. @param snapshot its full name */
export function bookmarkArguments(snapshot: string): string[] {
  return ['bookmark', snapshot, snapshot.replace('@', '#')];
}

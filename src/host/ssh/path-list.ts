/** A list of paths as far as it can be told. */
export interface PathList {
  readonly paths: readonly string[];
  /** False where the text can also mean others: `ssh -G` doesn't say where a path ends that has a space in it. */
  readonly isCertain: boolean;
}

/** Both files that hold where none is configured, wherever the home or `/etc` is: `.../known_hosts .../known_hosts2`. */
const usualPair = /^([~/].*\/(?:ssh_)?known_hosts) \1(?:2)$/;

/**
 * Reads a list of known_hosts files as `ssh -G` prints it: with a space between them, and no quotes around those that have spaces
 * themselves. What stands for something else (`%h`, `${HOME}`) may be filled in already, or not yet: that depends on the version
 * (seen filled in with OpenSSH 9.2, where `%%h` comes out as `%h`).
 */
export function readPathList(printed: string): PathList {
  const isFilledIn = !printed.includes('%') && !printed.includes('${');
  const usual = usualPair.exec(printed)?.[1];
  return usual === undefined
    ? {
        paths: printed.split(' ').filter((path) => path !== '' && path !== 'none'),
        isCertain: isFilledIn && !printed.includes(' '),
      }
    : { paths: [usual, `${usual}2`], isCertain: isFilledIn };
}

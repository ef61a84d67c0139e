/** A version of OpenZFS. */
export interface ZfsVersion {
  /** As people write it: `2.3.2`. */
  readonly text: string;
  readonly numbers: readonly [number, number, number];
}

/** What `zfs version` tells, a line for the program and one for the kernel's module: `zfs-2.3.2-2~bpo12+2`, `zfs-kmod-2.3.2-…`. */
export function parseZfsVersion(
  output: string,
): { readonly program: ZfsVersion; readonly kernel: ZfsVersion | undefined } | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  const find = (pattern: RegExp): ZfsVersion | undefined => {
    for (const line of lines) {
      const [, major, minor, patch = '0'] = pattern.exec(line) ?? [];
      if (major === undefined) continue;
      const numbers = [Number(major), Number(minor), Number(patch)] as const;
      return { text: numbers.join('.'), numbers };
    }
    return undefined;
  };
  const program = find(/^zfs-v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?/);
  const kernel = find(/^zfs-kmod-v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?/);
  return program === undefined ? undefined : { program, kernel };
}

/** Whether a version is that one or a later one. */
export function isAtLeast({ numbers }: ZfsVersion, wanted: readonly [number, number, number]): boolean {
  const index = numbers.findIndex((number, position) => number !== wanted[position]);
  return index < 0 || (numbers[index] ?? 0) > (wanted[index] ?? 0);
}

/**
 * Arguments of zfs that print how many bytes were written between a snapshot and a later one, or what is there now, for
 * `parseWritten`. The snapshot may be anywhere in the history, also in what the dataset was cloned from (zfsprops(7), `written@`).
 * @param to a snapshot or dataset
 */
export function writtenArguments(from: string, to: string): string[] {
  return ['get', '-Hp', '-o', 'value', `written@${from}`, to];
}

/** Reads the output of `writtenArguments`; undefined where it is no number. */
export function parseWritten(output: string): number | undefined {
  const bytes = /^([0-9]{1,20})\n?$/.exec(output)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}

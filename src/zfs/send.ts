/** What a stream is made of: a whole snapshot, or what changed since a base. */
export interface Stream {
  /** Full name of the snapshot sent. */
  readonly to: string;
  /** Full name of the base; undefined for the whole content. */
  readonly from: string | undefined;
  /** Whether encrypted blocks travel as they are. */
  readonly raw: boolean;
}

/** Arguments of zfs that write a stream to stdout, its blocks as they are on disk: large, embedded, compressed. */
export function sendArguments(stream: Stream): string[] {
  return ['send', ...streamArguments(stream)];
}

/** Arguments of zfs that print what a stream would be, for `parseEstimate`, without sending it. */
export function estimateArguments(stream: Stream): string[] {
  return ['send', '-n', '-v', '-P', ...streamArguments(stream)];
}

/**
 * Reads the output of `estimateArguments`: the estimated size in bytes, from its last line `size<TAB>bytes`.
 * Undefined where there is none.
 */
export function parseEstimate(output: string): number | undefined {
  const size = /^size\t([0-9]+)$/m.exec(output)?.[1];
  return size === undefined ? undefined : Number(size);
}

function streamArguments({ to, from, raw }: Stream): string[] {
  return ['-L', '-e', '-c', ...(raw ? ['-w'] : []), ...(from === undefined ? [] : ['-i', from]), to];
}

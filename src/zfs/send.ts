/** What a stream is made of; `raw` is whether encrypted blocks travel as they are. Snapshots and bookmarks by full name. */
export type Stream =
  | { readonly kind: 'whole'; readonly to: string; readonly raw: boolean }
  | { readonly kind: 'increment'; readonly from: string; readonly to: string; readonly raw: boolean }
  /** The rest of a stream that was interrupted; its token knows everything else. */
  | { readonly kind: 'resume'; readonly token: string };

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

function streamArguments(stream: Stream): string[] {
  if (stream.kind === 'resume') return ['-t', stream.token];
  const flags = ['-L', '-e', '-c', ...(stream.raw ? ['-w'] : [])];
  return stream.kind === 'whole' ? [...flags, stream.to] : [...flags, '-i', stream.from, stream.to];
}

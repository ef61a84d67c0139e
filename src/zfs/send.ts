/**
 * Options that not every receiver takes: `-L`, `-e` and `-c` of `zfs send`, `-s` of `zfs receive`. Each needs a feature of the receiver's pool,
 * and what is to be encrypted there must not have been sent with `-e` (`dmu_recv.c`; seen on OpenZFS 2.3.2).
 */
export type StreamOption = '-L' | '-e' | '-c' | '-s';

/** How blocks travel. */
export interface BlockForm {
  /** Whether encrypted blocks travel as they are. */
  readonly raw: boolean;
  /** What of the usual options isn't said; nothing when left out. */
  readonly omitted?: readonly StreamOption[];
}

/** What a stream is made of. Snapshots and bookmarks by full name. */
export type Stream =
  | ({ readonly kind: 'whole'; readonly to: string } & BlockForm)
  | ({ readonly kind: 'increment'; readonly from: string; readonly to: string } & BlockForm)
  /** The increments from each snapshot to the next, from one snapshot to another of the same dataset: a package of streams. */
  | ({ readonly kind: 'increments'; readonly from: string; readonly to: string } & BlockForm)
  /** The rest of a stream that was interrupted; its token knows everything else. */
  | { readonly kind: 'resume'; readonly token: string };

/** Arguments of zfs that write a stream to stdout, its blocks as they are on disk: large, embedded, compressed, as far as the receiver takes them so. */
export function sendArguments(stream: Stream): string[] {
  return ['send', ...streamArguments(stream)];
}

/** The same, and each second it says on stderr how much it has written so far, for `readSendLine`. */
export function tellingSendArguments(stream: Stream): string[] {
  return ['send', '-v', '-P', ...streamArguments(stream)];
}

/** What a line on the stderr of a send that tells its progress is about. */
export type SendLine =
  /** So many bytes of the stream that ends with this snapshot have been written. */
  | { readonly kind: 'sent'; readonly bytes: number; readonly to: string }
  /** What will be sent: nothing that a person needs. */
  | { readonly kind: 'talk' }
  /** A complaint, or from somebody else. */
  | { readonly kind: 'other' };

/**
 * Reads a line that a send with `tellingSendArguments` writes to stderr: `HH:MM:SS<TAB>bytes<TAB>snapshot` each second, and before
 * that what the stream is, with its size (`full<TAB>snapshot<TAB>bytes`), or what the resume token contains, in indented lines.
 */
export function readSendLine(line: string): SendLine {
  const [, bytes, to] = /^[0-9]{2}:[0-9]{2}:[0-9]{2}\t([0-9]{1,20})\t(.*)$/.exec(line) ?? [];
  if (bytes !== undefined && to !== undefined) return { kind: 'sent', bytes: Number(bytes), to };
  const isTalk = /^(full|incremental|size)\t|^resume token contents:$|^nvlist version: |^\t/.test(line);
  return { kind: isTalk ? 'talk' : 'other' };
}

/** Arguments of zfs that print what a stream would be, for `parseEstimate`, without sending it. */
export function estimateArguments(stream: Stream): string[] {
  return ['send', '-n', '-v', '-P', ...streamArguments(stream)];
}

/** More characters than zfs prints of a stream that it would send, which has two names in it at most. */
export const longestEstimate = 2 ** 14;

/** More than it prints of several increments in one stream, with a line for each: a hundred thousand of them. */
export const longestSeriesEstimate = 2 ** 26;

/**
 * Reads the output of `estimateArguments`: the estimated size in bytes, from its last line `size<TAB>bytes`.
 * Undefined where there is none.
 */
export function parseEstimate(output: string): number | undefined {
  const size = /^size\t([0-9]{1,20})$/m.exec(output)?.[1];
  return size === undefined ? undefined : Number(size);
}

/**
 * Reads what `estimateArguments` print of increments that go in one stream, `incremental<TAB>from<TAB>to<TAB>bytes` for each: how many
 * bytes each is, by the full name of the snapshot that it ends with.
 */
export function parseSeriesEstimate(output: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [, to = '', size] of output.matchAll(/^incremental\t[^\t\n]*\t([^\t\n]*)\t([0-9]{1,20})$/gm)) {
    sizes.set(to, Number(size));
  }
  return sizes;
}

function streamArguments(stream: Stream): string[] {
  if (stream.kind === 'resume') return ['-t', stream.token];
  const { raw, omitted = [] } = stream;
  const kept = (['-L', '-e', '-c'] as const).filter((option) => !omitted.includes(option));
  const flags = [...kept, ...(raw ? ['-w'] : [])];
  if (stream.kind === 'whole') return [...flags, stream.to];
  return [...flags, stream.kind === 'increment' ? '-i' : '-I', stream.from, stream.to];
}

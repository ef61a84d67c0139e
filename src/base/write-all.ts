import type { Writable } from 'node:stream';

/** How many characters are written at once. */
const pieceLength = 2 ** 16;

/**
 * Writes a text that comes in pieces of any length, and makes each only when there is room for it: the whole may be longer than the
 * memory. Where the stream is closed, the rest is nobody's, and is left out.
 * @param signal gives up what isn't written yet when it is aborted
 */
export async function writeAll(
  stream: Writable,
  pieces: Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  for (const piece of joinPieces(pieces)) {
    if (stream.destroyed || !stream.writable || signal?.aborted === true) return;
    if (!stream.write(piece)) await drained(stream, signal);
  }
}

/** Joins short pieces of a text to longer ones. */
export function* joinPieces(pieces: Iterable<string>): Generator<string> {
  let some: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    some.push(piece);
    length += piece.length;
    if (length < pieceLength) continue;
    yield some.join('');
    [some, length] = [[], 0];
  }
  if (length > 0) yield some.join('');
}

/** Waits until a stream takes more, or never will, or nobody waits any more. */
export function drained(stream: Writable, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
    signal?.addEventListener('abort', done);
    if (stream.destroyed || signal?.aborted === true) done();
  });
}

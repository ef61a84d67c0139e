import type { Writable } from 'node:stream';
import { writeAll } from './write-all.js';

/**
 * Texts for a stream, each of which begins when the one before is written: any of them may be longer than the memory. Who makes many short
 * ones needs no queue, and waits until the stream has `drained`.
 */
export class OutputQueue {
  readonly #stream: Writable;
  #writing: Promise<void> = Promise.resolve();

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Has a text written as `writeAll` does. */
  write(pieces: Iterable<string>, signal?: AbortSignal): void {
    this.#writing = this.#writing.then(() => writeAll(this.#stream, pieces, signal));
    // Who flushes hears of it.
    this.#writing.catch(() => undefined);
  }

  /** Waits until all of it is written. @throws what making a text has thrown */
  flush(): Promise<void> {
    return this.#writing;
  }
}

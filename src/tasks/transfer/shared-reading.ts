import type { SenderReading } from '../../probe/read-sides.js';

/** What several receivers want to know of their sender: it is read once for all of their first plans. */
export class SharedReading {
  #reading: SenderReading | undefined;

  /** What was read, or is being read. @param read begins to read it */
  take(read: () => SenderReading): SenderReading {
    this.#reading ??= read();
    return this.#reading;
  }
}

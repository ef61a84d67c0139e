import type { OutputStream } from './colors.js';

/** How often the line is redrawn. */
const redrawIntervalMs = 200;

/** A line at the bottom of a terminal that is redrawn in place; on anything else it is never shown. */
export class LiveLine {
  readonly #stream: OutputStream;
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Shows what `draw` gives, again and again, until `stop`. */
  start(draw: () => string): void {
    this.stop();
    if (this.#stream.isTTY !== true) return;
    this.#timer = setInterval(() => {
      const width = (this.#stream.columns ?? 80) - 1;
      this.#stream.write(`\r\u001B[2K${draw().slice(0, width)}`);
      this.#isShown = true;
    }, redrawIntervalMs);
    // Showing progress is no reason to stay.
    this.#timer.unref();
  }

  /** Wipes the line, so that lasting text can be written. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#isShown) this.#stream.write('\r\u001B[2K');
    this.#isShown = false;
  }
}

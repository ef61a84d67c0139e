import { cutText } from './columns.js';
import type { OutputStream } from './colors.js';

/** How often the block is redrawn. */
const redrawIntervalMs = 200;

/** Lines at the bottom of a terminal that are redrawn in place; on anything else they are never shown. */
export class LiveBlock {
  readonly #stream: OutputStream;
  readonly #draw: (width: number) => readonly string[];
  readonly #isHeld: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  /** How many lines are on the screen. */
  #shown = 0;

  /**
   * @param draw gives the lines of the moment for a terminal of a width; they are cut to it
   * @param isHeld whether somebody else writes to the terminal, below the block: it stays as it is then, and goes on below that
   */
  constructor(stream: OutputStream, draw: (width: number) => readonly string[], isHeld: () => boolean) {
    this.#stream = stream;
    this.#draw = draw;
    this.#isHeld = isHeld;
  }

  /** Begins to show the block, until `stop`. */
  start(): void {
    if (this.#stream.isTTY !== true || this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#redraw();
    }, redrawIntervalMs);
    // Showing progress is no reason to stay.
    this.#timer.unref();
  }

  /** Wipes the block, so that lasting text can be written; it comes back below. */
  wipe(): void {
    if (this.#shown > 0 && !this.#isHeld()) this.#stream.write(`${up(this.#shown)}\u001B[J`);
    this.#shown = 0;
  }

  /** Wipes the block for good. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.wipe();
  }

  #redraw(): void {
    if (this.#isHeld()) {
      this.#shown = 0;
      return;
    }
    const width = (this.#stream.columns ?? 80) - 1;
    // What scrolls off the top couldn't be redrawn.
    const height = Math.max(1, (this.#stream.rows ?? 24) - 2);
    const lines = this.#draw(width)
      .slice(-height)
      .map((line) => `${cutText(line, width)}\u001B[K\n`);
    this.#stream.write(`${up(this.#shown)}${lines.join('')}\u001B[J`);
    this.#shown = lines.length;
  }
}

/** Moves the cursor to the beginning of the block. */
function up(lines: number): string {
  return lines === 0 ? '' : `\r\u001B[${lines}A`;
}

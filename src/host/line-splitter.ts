/** More than nearly any line that we read. */
const longestLine = 16_384;

/** Makes lines of text that comes in pieces which are cut anywhere. Takes no more time and memory than the pieces do. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #longest: number;
  #open = '';

  /** @param longest of lines with more characters, only the end is kept */
  constructor(onLine: (line: string) => void, longest = longestLine) {
    this.#onLine = onLine;
    this.#longest = longest;
  }

  /** Takes the next piece, and hands over the lines that end in it. */
  feed(piece: string): void {
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      const line = this.#open + piece.slice(start, end);
      this.#open = '';
      start = end + 1;
      this.#onLine(line.slice(-this.#longest));
    }
    this.#open += piece.slice(start);
    // Not each time: that would copy all of it for each small piece.
    if (this.#open.length > 2 * this.#longest) this.#open = this.#open.slice(-this.#longest);
  }

  /** What has come of a line that hasn't ended yet. */
  get rest(): string {
    return this.#open;
  }
}

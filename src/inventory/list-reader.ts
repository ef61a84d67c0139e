/**
 * Reads a list as it comes, in pieces that are cut anywhere. What can't be read is told at the end, since a zfs that failed says better
 * why that is.
 */
export class ListReader {
  readonly #read: (lines: string) => void;
  /** What has come of a line that hasn't ended. */
  #open = '';
  #failure: { readonly error: unknown } | undefined;

  /** @param read takes whole lines; what it throws at some, `finish` throws */
  constructor(read: (lines: string) => void) {
    this.#read = read;
  }

  readonly feed = (piece: string): void => {
    const end = piece.lastIndexOf('\n') + 1;
    if (end === 0) {
      this.#open += piece;
      return;
    }
    this.#take(this.#open + piece.slice(0, end));
    this.#open = piece.slice(end);
  };

  /** Reads what is left. @throws what reading threw first */
  finish(): void {
    this.#take(this.#open);
    this.#open = '';
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #take(lines: string): void {
    if (this.#failure !== undefined) return;
    try {
      this.#read(lines);
    } catch (error) {
      this.#failure = { error };
    }
  }
}

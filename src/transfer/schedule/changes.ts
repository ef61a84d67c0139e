/** Wakes all who wait for something to change, one of whom then looks what that allows. */
export class Changes {
  /** Whether something has changed that nobody has looked at yet. */
  #isNew = true;
  #next: Promise<void>;
  #wake: () => void = () => undefined;

  constructor() {
    this.#next = this.#expect();
  }

  /** Something has changed. */
  announce(): void {
    this.#isNew = true;
    const wake = this.#wake;
    this.#next = this.#expect();
    wake();
  }

  /** Whether something has changed since this was asked last. */
  take(): boolean {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  /** Fulfils when something has changed that nobody has taken yet. */
  next(): Promise<void> {
    return this.#isNew ? Promise.resolve() : this.#next;
  }

  #expect(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

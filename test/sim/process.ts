/** Ends a simulated process from within: by a signal, or because it chose to. */
export class ProcessEnd extends Error {
  override readonly name = 'ProcessEnd';
  readonly end: { readonly status: number } | { readonly signal: string };

  constructor(end: ProcessEnd['end']) {
    super('the process ends');
    this.end = end;
  }
}

const signalNumbers: Readonly<Record<string, number>> = { HUP: 1, INT: 2, KILL: 9, PIPE: 13, TERM: 15 };

/** The status by which a shell tells that a signal ended a command. */
export function statusOfSignal(signal: string): number {
  return 128 + (signalNumbers[signal] ?? 0);
}

/** A simulated process: it can be killed wherever it waits. */
export class Process {
  readonly pid: number;
  /** The signals that it doesn't hear; those whom it begins don't hear them either. */
  readonly ignored: Set<string>;
  #signal: string | undefined;
  #interrupt: (() => void) | undefined;

  constructor(pid: number, ignored: Iterable<string> = []) {
    this.pid = pid;
    this.ignored = new Set(ignored);
  }

  /** Ends it at the next place where it waits, or where it waits now. */
  kill(signal: string): void {
    if (this.ignored.has(signal)) return;
    this.#signal ??= signal;
    this.#interrupt?.();
  }

  /** @throws ProcessEnd when it was killed */
  check(): void {
    if (this.#signal !== undefined) throw new ProcessEnd({ signal: this.#signal });
  }

  /**
   * Waits until it is woken.
   * @throws ProcessEnd when it is killed meanwhile
   */
  async wait(register: (wake: () => void) => void): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      this.#interrupt = resolve;
      register(resolve);
    });
    this.#interrupt = undefined;
    this.check();
  }
}

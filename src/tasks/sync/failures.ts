import { ZfsVmError } from '../../base/errors.js';
import type { Surroundings } from '../surroundings.js';

/** What goes wrong in the parts of a task. Each failure is reported at once; the next parts are done all the same. */
export class Failures {
  readonly all: ZfsVmError[] = [];
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  tell(error: ZfsVmError): void {
    this.all.push(error);
    this.#surroundings.emit({ kind: 'problem', error });
  }

  /** Does a part. @returns what it gives; undefined when it fails. @throws the signal's reason when the task is ended */
  async attempt<T>(part: () => Promise<T>): Promise<T | undefined> {
    try {
      return await part();
    } catch (error) {
      this.#surroundings.signal.throwIfAborted();
      if (!(error instanceof ZfsVmError)) throw error;
      this.tell(error);
      return undefined;
    }
  }
}

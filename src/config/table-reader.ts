import { didYouMean } from '../base/similar.js';
import { TomlFault, type TomlTable, type TomlValue } from './toml.js';

/** What a text says, or what is wrong with it, in words. */
export type Reading<T> = { readonly value: T } | { readonly fault: string };

/** Takes a fault, so that reading goes on and others are found, too. */
export type FaultListener = (fault: TomlFault) => void;

/**
 * Reads the values of a table by their keys. Keys that aren't known are faults, so that no misspelt one is passed over. With a listener,
 * it receives the faults in keys and values, which then count as left out; else they are thrown.
 */
export class TableReader<Key extends string> {
  /** What the table is, in words. */
  readonly what: string;
  readonly #table: TomlTable;
  readonly #onFault: FaultListener | undefined;

  /** @throws TomlFault when the value is no table, or has a key that isn't one of these */
  constructor(value: TomlValue, what: string, keys: readonly Key[], onFault?: FaultListener) {
    this.#onFault = onFault;
    if (value.kind !== 'table') {
      throw new TomlFault(value.line, `${what} must be a table, e.g. [remotes.backup]`);
    }
    for (const [key, { line }] of value.entries) {
      if ((keys as readonly string[]).includes(key)) continue;
      this.#tell(
        new TomlFault(
          line,
          `${what}: unknown key ${JSON.stringify(key)}; known keys: ${keys.join(', ')}${didYouMean(key, keys)}`,
        ),
      );
    }
    this.what = what;
    this.#table = value;
  }

  get line(): number {
    return this.#table.line;
  }

  /** Reads a text. @throws TomlFault when it is none, or `read` finds a fault in it */
  readText<T>(key: Key, read: (text: string) => Reading<T>): T | undefined {
    const value = this.#table.entries.get(key);
    return value === undefined ? undefined : this.#try(() => this.#readAsText(key, value, read));
  }

  /** The keys of the table by that key; none when it isn't there, or is no table. */
  listNames(key: Key): ReadonlySet<string> {
    const value = this.#table.entries.get(key);
    return new Set(value?.kind === 'table' ? value.entries.keys() : []);
  }

  /** Whether something is said by that key. */
  has(key: Key): boolean {
    return this.#table.entries.has(key);
  }

  /** Reads a list of texts. @throws TomlFault when it is none, or `read` finds a fault in one */
  readTexts<T>(key: Key, read: (text: string) => Reading<T>): T[] | undefined {
    const value = this.#table.entries.get(key);
    if (value === undefined) return undefined;
    return this.#try(() => {
      if (value.kind !== 'list') throw this.#fault(key, value, 'must be a list of strings, in brackets');
      const texts = value.items.map((item) => this.#try(() => this.#readAsText(key, item, read)));
      return texts.filter((text) => text !== undefined);
    });
  }

  /** Reads a number of things. @throws TomlFault when it is none, or none of them */
  readCount(key: Key): number | undefined {
    const value = this.#table.entries.get(key);
    if (value === undefined) return undefined;
    const count = value.kind === 'scalar' ? value.value : undefined;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return count;
    this.#tell(this.#fault(key, value, 'must be a whole number from 1'));
    return undefined;
  }

  /** Reads whether something is so. @throws TomlFault when it is neither true nor false */
  readFlag(key: Key): boolean | undefined {
    const value = this.#table.entries.get(key);
    if (value === undefined) return undefined;
    if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
    this.#tell(this.#fault(key, value, 'must be true or false'));
    return undefined;
  }

  /** Reads a table of things by their names, in the order of the file; empty when it isn't there. @throws TomlFault as `read` does */
  readEach<T>(key: Key, read: (name: string, value: TomlValue) => T | undefined): Map<string, T> {
    const value = this.#table.entries.get(key);
    if (value === undefined) return new Map();
    if (value.kind !== 'table') {
      this.#tell(this.#fault(key, value, `must be a table, starting with [${key}]`));
      return new Map();
    }
    const found = new Map<string, T>();
    for (const [name, entry] of value.entries) {
      const one = this.#try(() => read(name, entry));
      if (one !== undefined) found.set(name, one);
    }
    return found;
  }

  #readAsText<T>(key: Key, value: TomlValue, read: (text: string) => Reading<T>): T {
    if (value.kind !== 'scalar' || typeof value.value !== 'string') {
      throw this.#fault(key, value, 'must be a string, in quotation marks');
    }
    const reading = read(value.value);
    if ('value' in reading) return reading.value;
    throw this.#fault(key, value, reading.fault, ':');
  }

  /** Does something, and tells the fault that it throws. */
  #try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TomlFault)) throw error;
      this.#tell(error);
      return undefined;
    }
  }

  /** @throws TomlFault the fault, where nobody listens */
  #tell(fault: TomlFault): void {
    if (this.#onFault === undefined) throw fault;
    this.#onFault(fault);
  }

  #fault(key: Key, { line }: TomlValue, words: string, mark = ''): TomlFault {
    return new TomlFault(line, `${this.what}: ${key}${mark} ${words}`);
  }
}

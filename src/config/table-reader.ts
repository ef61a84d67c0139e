import { TomlFault, type TomlTable, type TomlValue } from './toml.js';

/** What a text says, or what is wrong with it, in words. */
export type Reading<T> = { readonly value: T } | { readonly fault: string };

/** Reads the values of a table by their keys. Keys that aren't known are faults, so that no misspelt one is passed over. */
export class TableReader<Key extends string> {
  /** What the table is, in words. */
  readonly what: string;
  readonly #table: TomlTable;

  /** @throws TomlFault when the value is no table, or has a key that isn't one of these */
  constructor(value: TomlValue, what: string, keys: readonly Key[]) {
    if (value.kind !== 'table') throw new TomlFault(value.line, `${what} is a table, e.g. [remotes.backup]`);
    for (const [key, { line }] of value.entries) {
      if ((keys as readonly string[]).includes(key)) continue;
      throw new TomlFault(line, `${what} has no key ${JSON.stringify(key)}; it takes ${keys.join(', ')}`);
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
    return value === undefined ? undefined : this.#readAsText(key, value, read);
  }

  /** Reads a list of texts. @throws TomlFault when it is none, or `read` finds a fault in one */
  readTexts<T>(key: Key, read: (text: string) => Reading<T>): T[] | undefined {
    const value = this.#table.entries.get(key);
    if (value === undefined) return undefined;
    if (value.kind !== 'list') throw this.#fault(key, value, 'is a list of texts, in brackets');
    return value.items.map((item) => this.#readAsText(key, item, read));
  }

  /** Reads a number of things. @throws TomlFault when it is none, or none of them */
  readCount(key: Key): number | undefined {
    const value = this.#table.entries.get(key);
    if (value === undefined) return undefined;
    const count = value.kind === 'scalar' ? value.value : undefined;
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return count;
    throw this.#fault(key, value, 'is a whole number from 1');
  }

  /** Reads whether something is so. @throws TomlFault when it is neither true nor false */
  readFlag(key: Key): boolean | undefined {
    const value = this.#table.entries.get(key);
    if (value === undefined) return undefined;
    if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
    throw this.#fault(key, value, 'is true or false');
  }

  /** Reads a table of things by their names, in the order of the file; empty when it isn't there. @throws TomlFault as `read` does */
  readEach<T>(key: Key, read: (name: string, value: TomlValue) => T): Map<string, T> {
    const value = this.#table.entries.get(key);
    if (value === undefined) return new Map();
    if (value.kind !== 'table') throw this.#fault(key, value, `is a table, which begins with [${key}]`);
    return new Map(Array.from(value.entries, ([name, entry]) => [name, read(name, entry)]));
  }

  #readAsText<T>(key: Key, value: TomlValue, read: (text: string) => Reading<T>): T {
    if (value.kind !== 'scalar' || typeof value.value !== 'string') {
      throw this.#fault(key, value, 'is a text, in quotation marks');
    }
    const reading = read(value.value);
    if ('value' in reading) return reading.value;
    throw this.#fault(key, value, reading.fault, ':');
  }

  #fault(key: Key, { line }: TomlValue, words: string, mark = ''): TomlFault {
    return new TomlFault(line, `${this.what}: ${key}${mark} ${words}`);
  }
}

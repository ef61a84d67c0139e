import { ParseError, parseTOML, type AST } from 'toml-eslint-parser';

/** A value of a TOML file, with the line where it is: that of its key, or its own in a list. */
export type TomlValue = TomlTable | TomlList | TomlScalar;

/** Keys and their values, in the order in which they were first named. */
export interface TomlTable {
  readonly kind: 'table';
  readonly line: number;
  readonly entries: ReadonlyMap<string, TomlValue>;
}

/** Values in brackets. */
export interface TomlList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly TomlValue[];
}

/** Anything that has no values in it. */
export interface TomlScalar {
  readonly kind: 'scalar';
  readonly line: number;
  readonly value: string | number | boolean | Date;
}

/** What is wrong with a TOML file, and the line where. */
export class TomlFault extends Error {
  override readonly name = 'TomlFault';
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}

/**
 * Reads TOML 1.0.
 * @throws TomlFault at the first place that isn't TOML, and for lists of tables (`[[...]]`), of which no file of ours has any
 */
export function parseToml(text: string): TomlTable {
  const root = new TableBuilder(1);
  // What the parser doesn't know: a mark that some editors put at the beginning.
  const [{ body }] = parseProgram(text.replace(/^\uFEFF/, '')).body;
  for (const node of body) {
    if (node.type === 'TOMLKeyValue') root.set(node);
    else fillTable(root, node);
  }
  return root;
}

function parseProgram(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text, { tomlVersion: '1.0.0' });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { lineNumber, column, message, cause } = error;
    // What is missing at the end of a line is noticed at the beginning of the next.
    const where = column === 0 && lineNumber > 1 ? 'this line or the end of the previous line' : 'this line';
    const advice = adviseOnLine(text.split('\n')[lineNumber - 1] ?? '', message);
    throw new TomlFault(lineNumber, advice ?? `${where} is not valid TOML: ${message}`, { cause });
  }
}

/** What is wrong with a line in the ways that people get it wrong; undefined for others. @param message that of the parser */
function adviseOnLine(line: string, message: string): string | undefined {
  const [, key = '', mark = '', value = ''] = /^\s*([\w."'*-]+)\s*([=:])\s*(.*?)\s*$/.exec(line) ?? [];
  if (/multiple times/.test(message)) {
    return `${key === '' ? line.trim() : key} is already defined above; remove one of both`;
  }
  if (/^\s*\[[^"\]]*[*?]/.test(line)) {
    return `a name with * or ? must be in quotation marks, e.g. [retention."debian-*"]`;
  }
  if (/Unterminated string/.test(message)) return 'a quotation mark is missing at the end of the value';
  if (mark === ':') return `use = between a key and its value: ${key} = ...`;
  if (/^(?:yes|no|on|off)$/i.test(value)) return `${key} must be true or false, not ${value}`;
  if (/^[A-Za-z/][^"']*$/.test(value)) {
    return `${key}: the value must be in quotation marks: ${key} = "${value}"`;
  }
  return undefined;
}

function fillTable(root: TableBuilder, { kind, key, body, loc }: AST.TOMLTable): void {
  if (kind === 'array') {
    throw new TomlFault(loc.start.line, 'use one pair of brackets for a table, not two');
  }
  const table = root.open(namesIn(key), loc.start.line);
  for (const entry of body) table.set(entry);
}

function toValue(node: AST.TOMLContentNode, line: number): TomlValue {
  switch (node.type) {
    case 'TOMLValue':
      return { kind: 'scalar', line, value: node.value };
    case 'TOMLArray':
      return { kind: 'list', line, items: node.elements.map((item) => toValue(item, item.loc.start.line)) };
    case 'TOMLInlineTable': {
      const table = new TableBuilder(line);
      for (const entry of node.body) table.set(entry);
      return table;
    }
  }
}

function namesIn({ keys }: AST.TOMLKey): string[] {
  return keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
}

/** A table while its parts are found: they may stand in several places of the file. That none is there twice, the parser sees to. */
class TableBuilder implements TomlTable {
  readonly kind = 'table';
  readonly line: number;
  readonly entries = new Map<string, TomlValue>();

  constructor(line: number) {
    this.line = line;
  }

  /** The table that lies at a path below this one, made if it isn't there yet. */
  open(path: readonly string[], line: number): TableBuilder {
    const [name, ...rest] = path;
    if (name === undefined) return this;
    const known = this.entries.get(name);
    const table = known instanceof TableBuilder ? known : new TableBuilder(line);
    this.entries.set(name, table);
    return table.open(rest, line);
  }

  set({ key, value, loc }: AST.TOMLKeyValue): void {
    const { line } = loc.start;
    const names = namesIn(key);
    this.open(names.slice(0, -1), line).entries.set(names.at(-1) ?? '', toValue(value, line));
  }
}

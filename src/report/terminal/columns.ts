/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  readonly isRightAligned?: boolean;
  readonly cell: (row: Row) => string;
  /** Whether the column is left out when none of its cells has something in it. */
  readonly isOptional?: boolean;
  /** Where a table is too wide, its cells may be cut: to so many characters, of which the one end stays. Never, when left out. */
  readonly cut?: { readonly least: number; readonly keeps: 'begin' | 'end' };
  /** Whether it may stand on a line below the row, where the row would be too wide otherwise. */
  readonly mayStandBelow?: boolean;
}

/** The titles and the rows of a table, the columns as wide as what is in them. @param width how many characters fit into a line */
export function alignColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Infinity,
): string[] {
  const widths = new ColumnWidths(columns);
  for (const row of rows) widths.add(row);
  widths.fit(width);
  return [widths.alignTitles(), ...rows.flatMap((row) => widths.align(row))];
}

/** What stands between two columns. */
const gap = '  ';

/** How wide the columns of a table are, so that its rows need not be there at once. */
export class ColumnWidths<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #widths: number[];
  /** Whether something is in them. */
  readonly #isFilled: boolean[];
  /** Those in the row, and those below it, in order. */
  #inRow: readonly number[];
  #below: readonly number[] = [];
  #lineWidth = Infinity;

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#widths = columns.map(({ title }) => title.length);
    this.#isFilled = columns.map(() => false);
    this.#inRow = [...columns.keys()];
  }

  /** Makes the columns as wide as a row needs them. */
  add(row: Row): void {
    for (const [index, { cell }] of this.#columns.entries()) {
      const text = cell(row);
      if (text === '') continue;
      this.#isFilled[index] = true;
      this.#widths[index] = Math.max(this.#widths[index] ?? 0, countColumns(text));
    }
  }

  /**
   * Makes the rows fit into lines, when all of them were added: cells that may be cut are, and where that isn't enough, columns stand
   * below the row. @param width how many characters fit into a line
   */
  fit(width: number): void {
    this.#lineWidth = width;
    const indexes = [...this.#columns.keys()].filter(
      (index) => this.#columns[index]?.isOptional !== true || this.#isFilled[index] === true,
    );
    const movable = indexes.filter((index) => this.#columns[index]?.mayStandBelow === true);
    const below: number[] = [];
    const inRow = (): number[] => indexes.filter((index) => !below.includes(index));
    while (this.#leastWidth(inRow()) > width) {
      const moved = movable.pop();
      if (moved === undefined) break;
      below.unshift(moved);
    }
    this.#inRow = inRow();
    this.#below = below;
    this.#cutTo(width);
  }

  /** The line of the titles. */
  alignTitles(): string {
    return this.#join((index) => this.#columns[index]?.title ?? '');
  }

  /** The lines of a row: one, and what has to stand below it. */
  align(row: Row): string[] {
    const line = this.#join((index) => this.#columns[index]?.cell(row) ?? '');
    const indent = ' '.repeat((this.#widths[this.#inRow[0] ?? 0] ?? 0) + gap.length);
    const titleWidth = Math.max(0, ...this.#below.map((index) => this.#columns[index]?.title.length ?? 0));
    const below = this.#below.flatMap((index) => {
      const { title = '', cell } = this.#columns[index] ?? {};
      const text = cell?.(row) ?? '';
      const start = `${indent}${title.toLowerCase().padEnd(titleWidth)} `;
      return text === '' ? [] : [start + cutText(text, this.#lineWidth - start.length)];
    });
    return [line, ...below];
  }

  /** How wide the row is when everything in it is cut that may be. */
  #leastWidth(indexes: readonly number[]): number {
    return this.#sum(indexes, (index) => Math.min(this.#widths[index] ?? 0, this.#leastOf(index)));
  }

  #leastOf(index: number): number {
    const { cut, title = '' } = this.#columns[index] ?? {};
    return cut === undefined ? Infinity : Math.max(cut.least, title.length);
  }

  #sum(indexes: readonly number[], widthOf: (index: number) => number): number {
    return indexes.reduce((sum, index) => sum + widthOf(index), gap.length * Math.max(0, indexes.length - 1));
  }

  /** Takes from the widest ones until the row fits. */
  #cutTo(width: number): void {
    for (;;) {
      const excess = this.#sum(this.#inRow, (index) => this.#widths[index] ?? 0) - width;
      if (excess <= 0) return;
      const [widest, next] = this.#inRow
        .filter((index) => (this.#widths[index] ?? 0) > this.#leastOf(index))
        .sort((a, b) => (this.#widths[b] ?? 0) - (this.#widths[a] ?? 0));
      if (widest === undefined) return;
      const own = this.#widths[widest] ?? 0;
      // Down to the next one, from where both lose alike.
      const step = Math.max(1, own - (next === undefined ? 0 : (this.#widths[next] ?? 0)));
      this.#widths[widest] = Math.max(this.#leastOf(widest), own - Math.min(step, excess));
    }
  }

  #join(cellOf: (index: number) => string): string {
    const padded = this.#inRow.map((index) => {
      const { isRightAligned = false, cut } = this.#columns[index] ?? {};
      const width = this.#widths[index] ?? 0;
      const text = cutText(cellOf(index), width, cut?.keeps);
      const room = ' '.repeat(Math.max(0, width - countColumns(text)));
      return isRightAligned ? room + text : text + room;
    });
    return padded.join(gap).trimEnd();
  }
}

/** How many columns of a terminal a printable text takes: characters of East Asia and pictures take two. */
export function countColumns(text: string): number {
  if (isPlain(text)) return text.length;
  return Array.from(text).reduce((sum, character) => sum + widthOf(character), 0);
}

function isPlain(text: string): boolean {
  return !/[^ -~]/.test(text);
}

const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uFF01-\uFF60]/u;

function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** A text that is too long for a place, cut, with `…` where something is missing. @param keeps which end of it stays */
export function cutText(text: string, width: number, keeps: 'begin' | 'end' = 'begin'): string {
  if (countColumns(text) <= width) return text;
  const characters = Array.from(text);
  if (keeps === 'end') characters.reverse();
  let used = 1;
  const kept: string[] = [];
  for (const character of characters) {
    used += widthOf(character);
    if (used > width) break;
    kept.push(character);
  }
  return keeps === 'end' ? `…${kept.reverse().join('')}` : `${kept.join('')}…`;
}

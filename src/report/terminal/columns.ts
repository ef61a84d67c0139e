/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  readonly isRightAligned?: boolean;
  readonly cell: (row: Row) => string;
}

/** The titles and the rows of a table, a line each, the columns as wide as what is in them. */
export function alignColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const widths = new ColumnWidths(columns);
  for (const row of rows) widths.add(row);
  return [widths.alignTitles(), ...rows.map((row) => widths.align(row))];
}

/** How wide the columns of a table are, so that its rows need not be there at once. */
export class ColumnWidths<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #widths: number[];

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#widths = columns.map(({ title }) => title.length);
  }

  /** Makes the columns as wide as a row needs them. */
  add(row: Row): void {
    for (const [index, { cell }] of this.#columns.entries()) {
      this.#widths[index] = Math.max(this.#widths[index] ?? 0, cell(row).length);
    }
  }

  /** The line of the titles. */
  alignTitles(): string {
    return this.#join(this.#columns.map(({ title }) => title));
  }

  /** The line of a row. */
  align(row: Row): string {
    return this.#join(this.#columns.map(({ cell }) => cell(row)));
  }

  #join(cells: readonly string[]): string {
    const padded = cells.map((cell, index) => {
      const width = this.#widths[index] ?? 0;
      return this.#columns[index]?.isRightAligned === true ? cell.padStart(width) : cell.padEnd(width);
    });
    return padded.join('  ').trimEnd();
  }
}

/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  readonly isRightAligned?: boolean;
  readonly cell: (row: Row) => string;
}

/** The titles and the rows of a table, a line each, the columns as wide as what is in them. */
export function alignColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const table = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...table.map((cells) => cells[index]?.length ?? 0)));
  return table.map((cells) =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.isRightAligned === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

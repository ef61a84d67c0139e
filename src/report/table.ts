/** A column of a table for people. */
export interface TableColumn<T> {
  readonly title: string;
  readonly isRightAligned?: boolean;
  readonly cell: (row: T) => string;
}

/** The lines of a table, its titles first. */
export function formatTable<T>(columns: readonly TableColumn<T>[], rows: readonly T[]): string[] {
  const texts = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...texts.map((cells) => cells[index]?.length ?? 0)));
  return texts.map((cells) =>
    cells
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.isRightAligned === true ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

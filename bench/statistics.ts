/** The middle one of the values; of an even number, the mean of the two in the middle. Throws when there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('a median needs a value');
  return (lower + upper) / 2;
}

/** The cells as one line: the first columns are text and stand to the left, numbers follow and stand to the right. */
export function formatRow(cells: readonly string[], widths: readonly number[], textColumns: number): string {
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? cell.length;
      return index < textColumns ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('  ');
}
